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
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-9}
bin=${CANDOR_BIN:-build/release/bin}

need_program "$bin/candor" "set CANDOR_BIN"
need_peers torch==2.11.0 numpy
need_count RUNS "$runs"

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

echo "| start to first update done | seconds | all |"
echo "|---|---:|---|"
echo "| candor train configs/breast_cancer.json | $(mapfile -t all <"$work/candor" && median "${all[@]}") | $(tr '\n' ' ' <"$work/candor")|"
echo "| Python + PyTorch eager, one MLP update | $(mapfile -t all <"$work/peer" && median "${all[@]}") | $(tr '\n' ' ' <"$work/peer")|"
echo
echo "Medians of $runs alternating runs, $(nproc) cores, $(day_and_machine)."
