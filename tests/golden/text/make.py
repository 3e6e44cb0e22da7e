# SPDX-License-Identifier: Apache-2.0
# Makes tokenizers.json beside it with Hugging Face tokenizers 0.23: vocabularies as that library
# writes them, and its ids and decoded text for random Unicode. Run: python make.py
import json
import pathlib
import random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

rng = random.Random(7)
RANGES = [(0x20, 0x7F), (0x20, 0x7F), (0xA0, 0x24F), (0x370, 0x3FF), (0x4E00, 0x4E40), (0x1F600, 0x1F640), (0, 0x20)]


def random_text(length):
    return "".join(chr(rng.randrange(*rng.choice(RANGES))) for _ in range(length))


def byte_alphabet():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}


training = random_text(400) + " the quick brown fox\r\n"
texts = ["", " ", "the fox", "  two  spaces ", "\n\n", "unseen: \u0416 \U0001F680", "<unk>"] + [random_text(n) for n in (1, 5, 40, 120)]

characters = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(["<unk>", *sorted(set(training))])}, merges=[], unk_token="<unk>"))
characters.decoder = decoders.Fuse()
bytes_ = Tokenizer(models.BPE(vocab={c: b for b, c in byte_alphabet().items()}, merges=[]))
bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
bytes_.decoder = decoders.ByteLevel()

fixture = {"training_text": training}
for name, tokenizer in (("characters", characters), ("bytes", bytes_)):
    cases = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        case = {"text": text, "ids": ids}
        if name == "bytes" or 0 not in ids:
            case["decoded"] = tokenizer.decode(ids)
        cases.append(case)
    fixture[name] = {"tokenizer": json.loads(tokenizer.to_str()), "cases": cases}
path = pathlib.Path(__file__).with_name("tokenizers.json")
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
