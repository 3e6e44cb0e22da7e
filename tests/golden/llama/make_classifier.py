# SPDX-License-Identifier: Apache-2.0
"""What Hugging Face's LlamaForSequenceClassification computes for a tiny model and texts of different lengths:

    python make_classifier.py

Writes classifier.json. Weights follow a formula of their place, which the test computes too. `last` is the model's own
answer; `mean`, which it does not have, is its score layer on the mean of the states of a text's tokens."""

import json
import math
import pathlib

import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

VOCABULARY, PADDING, CLASSES = 19, 18, 3  # no text has the token that the model knows as padding
TEXTS = [[4, 17, 0, 9, 9, 2, 11], [3], [8, 1, 16, 5], [10, 0]]


def set_weights(model):
    for number, (_, parameter) in enumerate(sorted(model.named_parameters())):
        first = 1.0 if parameter.dim() == 1 else 0.0
        values = [first + 0.3 * math.sin(1.7 * i + 0.9 * number) for i in range(parameter.numel())]
        parameter.copy_(torch.tensor(values, dtype=torch.float64).view_as(parameter))


def main():
    config = LlamaConfig(vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-5, max_position_embeddings=16,
                         num_labels=CLASSES, pad_token_id=PADDING)
    model = LlamaForSequenceClassification(config).eval()
    length = max(map(len, TEXTS))
    ids = torch.tensor([text + [PADDING] * (length - len(text)) for text in TEXTS])
    real = (ids != PADDING).long()
    with torch.no_grad():
        set_weights(model)
        last = model(ids, attention_mask=real).logits
        states = model.model(ids, attention_mask=real).last_hidden_state
        mean = model.score((states * real.unsqueeze(2)).sum(1) / real.sum(1, keepdim=True))
    rounded = lambda logits: [round(value, 6) for value in logits.flatten().tolist()]
    expected = {"texts": TEXTS, "last": rounded(last), "mean": rounded(mean)}
    (pathlib.Path(__file__).parent / "classifier.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
