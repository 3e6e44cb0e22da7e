# SPDX-License-Identifier: Apache-2.0
"""What Hugging Face's LlamaForCausalLM computes for two tiny models, so that tests can compare without Python:

    python make.py

Writes NAME.safetensors per model, weights under their own names, and expected.json with ids and logits."""

import json
import pathlib

import torch
from safetensors.torch import save
from transformers import LlamaConfig, LlamaForCausalLM

BATCH, LENGTH, VOCABULARY = 2, 9, 23


def fixture(path, tied, kv_heads):
    torch.manual_seed(7)
    config = LlamaConfig(vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=kv_heads, rms_norm_eps=1e-5,
                         max_position_embeddings=16, tie_word_embeddings=tied,
                         rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
                         attn_implementation="eager")
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # far from the initial values, so that every part has a say
            parameter.normal_(1.0 if parameter.dim() == 1 else 0.0, 0.2)
        ids = torch.randint(VOCABULARY, (BATCH, LENGTH))
        logits = model(ids).logits
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    if tied:
        state.pop("lm_head.weight", None)
    path.write_bytes(save(state))
    return {"tied": tied, "kv_heads": kv_heads, "ids": ids.tolist(),
            "logits": [round(value, 7) for value in logits.flatten().tolist()]}


def main():
    folder = pathlib.Path(__file__).parent
    expected = {
        "tied": fixture(folder / "tied.safetensors", tied=True, kv_heads=4),
        "grouped": fixture(folder / "grouped.safetensors", tied=False, kv_heads=2),
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
