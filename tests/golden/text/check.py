# SPDX-License-Identifier: Apache-2.0
# Run by scripts/check_tokenizers.sh: check.py CANDOR TEXT FOLDER
import json
import pathlib
import subprocess
import sys

from tokenizers import Tokenizer

import cases

candor, text_path, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
folder.mkdir(parents=True, exist_ok=True)
text = text_path.read_text(encoding="utf-8")
faults = 0


def run(*words, data=None):
    return subprocess.run([candor, "tokenize", *words], input=data, capture_output=True, check=True).stdout


def candor_ids(path, texts, *flags):
    """Ids of each text: those without a line break in one call, the others one by one."""
    ids = [None] * len(texts)
    plain = [i for i, t in enumerate(texts) if "\n" not in t]
    lines = run(path, "--input", "-", *flags, data="".join(texts[i] + "\n" for i in plain).encode()).decode().split("\n")
    for i, line in zip(plain, lines):
        ids[i] = [int(x) for x in line.split()]
    for i, t in enumerate(texts):
        if ids[i] is None:
            ids[i] = [int(x) for x in run(path, "--input", "-", "--document", "file", *flags, data=t.encode()).split()]
    return ids


def compare(name, path, tokenizer, texts, what):
    global faults
    wrong = 0
    unigram = json.loads(tokenizer.to_str())["model"]["type"] == "Unigram"
    names = [t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special]
    for special in (False, True):
        tokenizer.encode_special_tokens = not special
        if unigram and not special:
            # Its model finds special tokens in plain text all the same; candor never does.
            texts = [t for t in texts if not any(n in t for n in names)]
        flags = ["--add-special"] + (["--allow-special"] if special else [])
        ours = candor_ids(path, texts, *flags)
        for t, got, theirs in zip(texts, ours, tokenizer.encode_batch(texts)):
            if got != theirs.ids:
                wrong += 1
                if wrong <= 3:
                    print(f"  {name}: {what}: {t[:60]!r}: {got[:12]} {theirs.ids[:12]}")
    faults += wrong
    print(f"{name}: {what}: {len(texts)} texts, {wrong} differ", flush=True)


random_sets = cases.random_texts(100_000, 1)
# A text with a line break costs a process; most of them are tried without.
random_sets = [t if i % 200 == 0 else t.replace("\n", "\t") for i, t in enumerate(random_sets)]
few = random_sets[:5000]


def check(name, path):
    tokenizer = Tokenizer.from_file(str(path))
    compare(name, path, tokenizer, [text], "whole text")
    compare(name, path, tokenizer, cases.hard_cases(), "hard cases")
    compare(name, path, tokenizer, random_sets if name in ("candor_bpe_gpt2", "candor_unigram_gpt2", "llama3") else few, "random Unicode")


for kind, pre, size in (("bpe", "gpt2", 8192), ("bpe", "llama3", 2000), ("unigram", "gpt2", 2000), ("unigram", "metaspace", 2000),
                        ("byte", None, 256), ("character", None, 256)):
    name = f"candor_{kind}_{pre}" if pre else f"candor_{kind}"
    path = folder / f"{name}.json"
    flags = ["--pretokenizer", pre, "--special-tokens", "<|endoftext|>"] if pre else []
    run("--train", str(text_path), "--type", kind, "--size", str(size), *flags, "--output", str(path), "--overwrite")
    check(name, path)
for name, tokenizer in cases.peers(cases.pieces(text)):
    path = folder / f"{name}.json"
    tokenizer.save(str(path))
    check(name, path)

# The same vocabulary and merges as Hugging Face's trainer, to the last id.
ours = json.loads((folder / "candor_bpe_gpt2.json").read_text())["model"]
_, peer = cases.bpe("same", [text], cases.byte_level(), 8192, special_tokens=["<|endoftext|>"],
                    initial_alphabet=cases.pre_tokenizers.ByteLevel.alphabet())
theirs = json.loads(peer.to_str())["model"]
same = ours["vocab"] == theirs["vocab"] and ours["merges"] == theirs["merges"]
faults += not same
print("BPE training: vocabulary and merges", "are those of tokenizers" if same else "DIFFER from tokenizers")
sys.exit(1 if faults else 0)
