#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# candor beside nanoGPT on the characters of shakespeare, at nanoGPT's small CPU size (4 layers, width 128, context 64, batch 12) or
# at its large one (6 layers, width 384, context 256, batch 16 here): validation loss after as many steps, and the seconds of training
# that candor needs to nanoGPT's last loss. One after the other, on the same threads.
#
#   NANOGPT=DIR scripts/bench/nanogpt.sh [small|large] [key=value for candor train ...]
#
# Environment: NANOGPT (a checkout of karpathy/nanoGPT), STEPS (2000 small, 200 large), EVERY (steps between two validations; 100, 50),
# CANDOR (the program), CANDOR_PEERS (the peers' Python environment), COMPILE (True: nanoGPT with torch.compile).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

size=${1:-small}
(($#)) && shift
candor=${CANDOR:-build/release/bin/candor}
text=${TEXT:-../shared/data/shakespeare/input.txt}
need_program "$candor" "set CANDOR"
need_peers torch==2.11.0 numpy
[[ -f ${NANOGPT:-}/train.py ]] || fail "NANOGPT is '${NANOGPT:-}'; it must be a checkout of karpathy/nanoGPT"
case $size in
  small) layers=4 heads=4 width=128 context=64 batch=12 steps=${STEPS:-2000} every=${EVERY:-100} ;;
  large) layers=6 heads=6 width=384 context=256 batch=16 steps=${STEPS:-200} every=${EVERY:-50} ;;
  *) fail "unknown size '$size'; known: small, large" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$NANOGPT/." "$work"
"$python" - "$text" "$work/data/shakespeare_char" <<'PY'
import pickle
import sys

import numpy as np

text = open(sys.argv[1], encoding="utf-8").read()
characters = sorted(set(text))
ids = np.array([characters.index(c) for c in text], dtype=np.uint16)
cut = int(0.9 * len(ids))
ids[:cut].tofile(sys.argv[2] + "/train.bin")
ids[cut:].tofile(sys.argv[2] + "/val.bin")
pickle.dump({"vocab_size": len(characters), "itos": dict(enumerate(characters)),
             "stoi": {c: i for i, c in enumerate(characters)}}, open(sys.argv[2] + "/meta.pkl", "wb"))
PY

echo "nanoGPT, $steps steps" >&2
begin=$(date +%s.%N)
(cd "$work" && "$python" train.py config/train_shakespeare_char.py --device=cpu --compile="${COMPILE:-True}" --eval_iters=40 \
  --log_interval="$every" --block_size="$context" --batch_size="$batch" --n_layer="$layers" --n_head="$heads" --n_embd="$width" \
  --max_iters="$steps" --lr_decay_iters="$steps" --dropout=0.0 --eval_interval="$steps" --always_save_checkpoint=False \
  --learning_rate=1e-3 --dtype=float32) >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "nanoGPT failed"; }
grep -E '^(step|iter)' "$work/log" >&2
whole=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')
loss=$(sed -n "s/^step $steps: .*val loss \([0-9.]*\).*/\1/p" "$work/log")
# Without the start, the compiler and the two evaluations: what one of its later steps takes.
step_ms=$(grep '^iter' "$work/log" | tail -n +2 | head -n -1 | sed 's/.*time \([0-9.]*\)ms.*/\1/' | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}')
theirs=$(awk -v s="$steps" -v m="$step_ms" 'BEGIN {printf "%.1f", s * m / 1000}')

echo "candor, $steps steps" >&2
"$candor" train configs/shakespeare.json model.layers=$layers model.heads=$heads model.width=$width model.context=$context \
  train.batch_size=$batch "train.steps=$steps" "train.validate.every_steps=$every" train.log_every="$every" evaluate.baseline=null \
  data.files.train="$text" --run "$work/run" --quiet "$@" >/dev/null
"$python" - "$work/run" "$loss" "$whole" "$theirs" "$step_ms" <<'PY'
import json
import os
import sys

run, loss, whole, theirs, step_ms = sys.argv[1], *map(float, sys.argv[2:])
rows = [json.loads(line) for line in open(os.path.join(run, "metrics.jsonl"))]
times = {row["step"]: row for row in map(json.loads, open(os.path.join(run, "timing.jsonl")))}
curve = [(row["step"], row["validation/loss"]) for row in rows if "validation/loss" in row]
first = next((step for step, value in curve if value <= loss), None)
print("| | validation loss | seconds of training | whole program |")
print("|---|---:|---:|---:|")
print(f"| nanoGPT | {loss:.4f} | {theirs:.1f} ({step_ms:.1f} ms a step) | {whole:.1f} |")
print(f"| candor, as many steps | {curve[-1][1]:.4f} | {times[curve[-1][0]]['seconds']:.1f} | |")
if first is None:
    print("| candor to nanoGPT's loss | not reached | | |")
else:
    seconds = times[first]["seconds"]
    print(f"| candor to nanoGPT's loss | {dict(curve)[first]:.4f} at step {first} | {seconds:.1f} | {seconds / theirs:.2f} of nanoGPT |")
PY
echo
echo "candor's seconds include its validations on all of the text, nanoGPT's are steps alone. $(day_and_machine)."
