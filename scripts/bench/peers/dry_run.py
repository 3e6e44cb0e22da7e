# SPDX-License-Identifier: Apache-2.0
# dry_run.py RUNS CANDOR CONFIG [WORD...]: estimate and run in turn; prints a table of medians.
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def run(words):
    """Wall seconds, most bytes and standard output of one process."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_maxrss * 1024, out


def main():
    runs, candor, config, *words = sys.argv[1:]
    train = [candor, "train", config, *words, "train.early_stopping=null", "--json", "--quiet"]
    seconds, memory, took, used, asking = [], [], [], [], []
    for _ in range(int(runs)):
        wall, _, out = run([*train, "--dry-run"])
        estimate = json.loads(out)
        asking.append(wall)
        seconds.append(estimate["seconds"])
        memory.append(estimate["memory_bytes"])
        with tempfile.TemporaryDirectory() as folder:
            wall, most, _ = run([*train, "--run", os.path.join(folder, "run")])
        took.append(wall)
        used.append(most)
    print("| of a run | estimated | seen | ratio | worst ratio |")
    print("|---|---:|---:|---:|---:|")
    for name, guesses, facts, unit in (("seconds", seconds, took, 1), ("memory, MB", memory, used, 1e6)):
        ratios = [guess / fact for guess, fact in zip(guesses, facts)]
        worst = max(ratios, key=lambda ratio: abs(ratio - 1))
        print(f"| {name} | {statistics.median(guesses) / unit:.1f} | {statistics.median(facts) / unit:.1f} "
              f"| {statistics.median(ratios):.3f} | {worst:.3f} |")
    print(f"\nThe estimate itself took {statistics.median(asking):.1f} s.")


main()
