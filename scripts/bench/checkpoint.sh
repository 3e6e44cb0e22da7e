#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What checkpoints cost a training whose state is about 128 MiB (weights and two moments of a Transformer of 10.7 million
# parameters): steps per second with one every SECONDS and with none, alternating in one run, medians of RUNS, and the share
# that one every 60 s would take.
#
#   scripts/bench/checkpoint.sh
#
# Environment: RUNS (5), STEPS (30), SECONDS_BETWEEN (10), CANDOR (the program), TEXT (what it trains on), FOLDER (where the runs
# are: the disk counts).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh
runs=${RUNS:-5}
steps=${STEPS:-30}
every=${SECONDS_BETWEEN:-10}
candor=${CANDOR:-build/release/bin/candor}
text=${TEXT:-../shared/data/shakespeare/input.txt}
need_program "$candor" "set CANDOR"
need_count RUNS "$runs"
work=$(mktemp -d "${FOLDER:-/var/tmp}/candor-checkpoint.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Seconds of the steps after the first five, from timing.jsonl; and how many checkpoints were written meanwhile.
seconds_of() {
  rm -rf "$work/run"
  "$candor" train configs/shakespeare.json model.layers=6 model.heads=6 model.width=384 model.context=256 \
    train.batch_size=16 train.steps="$steps" "train.validate={\"every_steps\": $steps}" train.log_every=1 evaluate.baseline=null \
    "train.checkpoint={\"every_steps\": $steps, \"every_seconds\": $1, \"keep\": 3}" \
    data.files.train="$text" --run "$work/run" --quiet >/dev/null
  awk -F'[:,}]' -v last="$steps" '{
    for (i = 1; i <= NF; ++i) {
      if ($i ~ /"step"/) step = $(i + 1) + 0
      if ($i ~ /"seconds"/) seconds = $(i + 1) + 0
    }
    at[step] = seconds
  } END {printf "%.3f\n", at[last] - at[5]}' "$work/run/timing.jsonl"
}

with=() without=()
for ((run = 1; run <= runs; ++run)); do
  without+=("$(seconds_of null)")
  echo "  without: ${without[-1]} s" >&2
  with+=("$(seconds_of "$every")")
  echo "  with: ${with[-1]} s" >&2
done
size=$(du -sm "$work/run/checkpoints/last/" | cut -f1)
a=$(median "${without[@]}")
b=$(median "${with[@]}")
echo "| checkpoints | seconds of $((steps - 5)) steps | share of the time |"
echo "|---|---:|---:|"
echo "| none | $a | |"
awk -v a="$a" -v b="$b" -v every="$every" 'BEGIN {
  share = (b - a) / a
  printf "| every %s s | %s | %.2f %% |\n| every 60 s, from that | | %.2f %% |\n", every, b, 100 * share, 100 * share * every / 60}'
echo
echo "$size MiB each; medians of $runs alternating runs. $(day_and_machine)."
