# SPDX-License-Identifier: Apache-2.0
# Run by scripts/bench/tokenize.sh.
import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
for name in ("--bin", "--text", "--work"):
    parser.add_argument(name, type=pathlib.Path)
for name in ("--runs", "--megabytes", "--train-runs"):
    parser.add_argument(name, type=int)
parser.add_argument("--learn", type=pathlib.Path, help="used by this program itself: learn from a file, and end")
options = parser.parse_args()
SIZE = 8192


def learn_with_tokenizers(path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train([str(path)], trainers.BpeTrainer(vocab_size=SIZE, min_frequency=2, show_progress=False,
                                                     initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    assert tokenizer.get_vocab_size() == SIZE, tokenizer.get_vocab_size()


if options.learn:
    learn_with_tokenizers(options.learn)
    sys.exit()

os.environ["RAYON_NUM_THREADS"] = "1"  # of encoding; learning runs in processes of its own
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tiktoken  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

work = options.work
work.mkdir(parents=True, exist_ok=True)
vocabulary = work / "bpe.json"
subprocess.run([options.bin / "candor-tokenize", "--train", options.text, "--type", "bpe", "--size", str(SIZE), "--output", vocabulary,
                "--overwrite", "--quiet"], check=True)
text = options.text.read_text(encoding="utf-8")
size = len(text.encode())


def alphabet():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}


letters = alphabet()
ranks = {bytes(letters[c] for c in token): id_ for token, id_ in json.loads(vocabulary.read_text())["model"]["vocab"].items()}
peer_tiktoken = tiktoken.Encoding("peer", pat_str=r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
                                  mergeable_ranks=ranks, special_tokens={})
peer_tokenizers = Tokenizer.from_file(str(vocabulary))


def timed(call):
    start = time.thread_time()
    result = call()
    return time.thread_time() - start, result


def encode_candor():
    out = subprocess.run([options.bin / "bench_tokenize", vocabulary, options.text, "8"], capture_output=True, check=True, text=True).stdout
    seconds, ids = out.split("\n", 1)
    return float(seconds), [int(x) for x in ids.split()]


encoders = {
    "candor": encode_candor,
    "tiktoken": lambda: timed(lambda: peer_tiktoken.encode_ordinary(text)),
    "tokenizers": lambda: timed(lambda: peer_tokenizers.encode(text, add_special_tokens=False).ids),
}
seconds = {name: [] for name in encoders}
ids = {}
for run in range(options.runs + 1):
    for name, encode in encoders.items():
        taken, ids[name] = encode()
        if run > 0:  # the first one warms up
            seconds[name].append(taken)
same = ids["candor"] == ids["tiktoken"] == ids["tokenizers"]
print(f"Encoding {size / 1e6:.1f} MB, one thread, median of {options.runs}; ids {'equal' if same else 'DIFFER'}\n")
print("| | MB/s | candor is |\n|---|---|---|")
best = statistics.median(seconds["candor"])
for name, values in seconds.items():
    median = statistics.median(values)
    print(f"| {name} | {size / 1e6 / median:.1f} | {median / best:.1f}x |")


def make_corpus(path):
    """The text again and again, one character in 200 of it replaced."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as out:
        written = 0
        while written < options.megabytes * 1_000_000:
            edited = list(text)
            for _ in range(len(edited) // 200):
                edited[rng.randrange(len(edited))] = rng.choice("abcdefghijklmnopqrstuvwxyz ,.\n")
            written += out.write("".join(edited))


corpus = work / f"corpus-{options.megabytes}.txt"
if not corpus.exists():
    make_corpus(corpus)


def learn(command):
    environment = {k: v for k, v in os.environ.items() if k not in ("RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


learners = {
    "candor": [options.bin / "candor-tokenize", "--train", corpus, "--type", "bpe", "--size", str(SIZE), "--output", work / "learned.json",
               "--overwrite", "--quiet"],
    "tokenizers": [sys.executable, __file__, "--learn", corpus],
}
taken = {name: [] for name in learners}
for _ in range(options.train_runs):
    for name, command in learners.items():
        taken[name].append(learn(command))
print(f"\nLearning {SIZE} tokens from {corpus.stat().st_size / 1e6:.0f} MB, median of {options.train_runs}\n")
print("| | wall s | CPU s | candor is, by wall | by CPU |\n|---|---|---|---|---|")
best = [statistics.median(t[i] for t in taken["candor"]) for i in (0, 1)]
for name, values in taken.items():
    wall, cpu = (statistics.median(t[i] for t in values) for i in (0, 1))
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wall / best[0]:.1f}x | {cpu / best[1]:.1f}x |")
