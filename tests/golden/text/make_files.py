# SPDX-License-Identifier: Apache-2.0
# Makes files.json beside it with Hugging Face tokenizers 0.23: small tokenizers of many kinds, trained by that library on the
# beginning of data/text/corpus.txt, with its ids for hard cases and random Unicode, and a hash of its ids for a sweep over
# every assigned code point and most others. Run: python make_files.py
import hashlib
import json
import pathlib

import cases

here = pathlib.Path(__file__).parent
text = (here / "../../../data/text/corpus.txt").read_text(encoding="utf-8")[:12000]
KEPT = ("llama3", "o200k", "gpt2_prefix", "words_unk", "suffix", "llama2", "unigram_first")
SMALL = 320


def sweep():
    """A text for each 256 code points: each between letters, after a blank and before digits."""
    for page in [*range(0x330), 0xE00, 0xE01, 0x10FF]:
        points = [c for c in range(page * 256, page * 256 + 256) if not 0xD800 <= c <= 0xDFFF]
        yield "".join(f"x{chr(c)} {chr(c)}1" for c in points)


def small(tokenizer_json):
    """Fewer merges, or pieces, so that the fixture stays small."""
    model = tokenizer_json["model"]
    if model["type"] == "Unigram":
        return tokenizer_json
    first = len(model["vocab"]) - len(model["merges"])
    keep = max(0, SMALL - first) if first < SMALL else 60
    kept = sorted(model["vocab"].items(), key=lambda item: item[1])[: first + keep]
    model["vocab"], model["merges"] = dict(kept), model["merges"][:keep]
    return tokenizer_json


from tokenizers import Tokenizer  # noqa: E402

texts = [t for t in cases.hard_cases() if len(t) < 200] + cases.random_texts(30, 3)
# Special tokens in plain text are candor's own: they never come out.
texts = [t for t in texts if "<" not in t]
fixture = {"texts": texts, "tokenizers": {}}
for name, trained in cases.peers(cases.pieces(text), sizes={"unigram": 400, "unigram_first": 400}):
    if name not in KEPT:
        continue
    content = small(json.loads(trained.to_str()))
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.encode_special_tokens = True
    digest = hashlib.sha256()
    for t in sweep():
        digest.update((" ".join(map(str, tokenizer.encode(t).ids)) + "\n").encode())
    fixture["tokenizers"][name] = {"tokenizer": content, "ids": [tokenizer.encode(t).ids for t in texts], "sweep": digest.hexdigest()}
path = here / "files.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
print(path.stat().st_size)
