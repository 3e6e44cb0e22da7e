#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Seconds from starting `candor train configs/breast_cancer.json` to its first update done, with a warm page cache:
# until the first row of metrics.jsonl is there (train.log_every=1; looked for every 2 ms). Beside it Python with
# PyTorch, from its start to the end of one update of an MLP, alternating in one run, medians of RUNS.
#
#   scripts/bench/start.sh
#
# Environment: RUNS (9), CANDOR_BIN (build/release/bin), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runs=${RUNS:-9}
bin=${CANDOR_BIN:-build/release/bin}
peers=${CANDOR_PEERS:-${CANDOR_CACHE:-$HOME/.cache/candor}/peers}
python=$peers/bin/python

fail() {
  echo "error: $1" >&2
  exit 1
}
[[ -x $bin/candor ]] || fail "no candor in $bin: build first (scripts/demo.sh), or set CANDOR_BIN"
[[ -x $python ]] || fail "no Python for the peer at $python: python3 -m venv $peers && $peers/bin/pip install torch==2.11.0 numpy"
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "RUNS is '$runs'; it must be a whole number from 1 on"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.3f\n", b - a}'; }

measure_candor() {
  local run=$work/run-$1 start pid
  start=$EPOCHREALTIME
  "$bin/candor" train configs/breast_cancer.json train.log_every=1 --run "$run" --quiet >/dev/null 2>"$work/log" &
  pid=$!
  until [[ -s $run/metrics.jsonl ]]; do
    kill -0 "$pid" 2>/dev/null || fail "candor train ended: $(tail -n 1 "$work/log")"
    sleep 0.002
  done
  since "$start" >>"$work/candor"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || true
}

measure_peer() {
  local start=$EPOCHREALTIME
  "$python" scripts/bench/peers/train_mlp.py --steps 1 --warmup 0 --threads 2 >/dev/null
  since "$start" >>"$work/peer"
}

measure_candor warm
measure_peer
rm "$work/candor" "$work/peer"
for ((run = 1; run <= runs; ++run)); do
  measure_candor "$run"
  measure_peer
done

median() {
  sort -g "$work/$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}
echo "| start to first update done | seconds | all |"
echo "|---|---:|---|"
echo "| candor train configs/breast_cancer.json | $(median candor) | $(tr '\n' ' ' <"$work/candor")|"
echo "| Python + PyTorch eager, one MLP update | $(median peer) | $(tr '\n' ' ' <"$work/peer")|"
echo
echo "Medians of $runs alternating runs, $(nproc) cores, $(date -u +%Y-%m-%d), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)."
