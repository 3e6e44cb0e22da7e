#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Training speed of candor beside PyTorch eager float32: same architecture, batch, optimizer and clipping,
# alternating in one run, medians of RUNS. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/train.sh [mlp] [transformer] [resnet]
#
# Environment: RUNS (5), THREADS (2), STEPS (per family below), CANDOR_BENCH (the benchmark program),
# CANDOR_PEERS (the peers' Python environment), PEER_FLAGS (for example --fused or --channels-last).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
threads=${THREADS:-2}
bench=${CANDOR_BENCH:-build/release/bin/bench_train}

need_program "$bench" "set CANDOR_BENCH"
need_peers torch==2.11.0 numpy
need_count RUNS "$runs"

steps_of() {
  case $1 in
    mlp) echo "${STEPS:-1500} 100" ;;
    transformer) echo "${STEPS:-300} 20" ;;
    resnet) echo "${STEPS:-6} 1" ;;
    *) fail "unknown family '$1'; known: mlp, transformer, resnet" ;;
  esac
}

items_of() {
  case $1 in
    mlp) echo rows ;;
    transformer) echo tokens ;;
    resnet) echo images ;;
  esac
}

families=("$@")
((${#families[@]})) || families=(mlp transformer resnet)
for family in "${families[@]}"; do steps_of "$family" >/dev/null; done

rows=()
for family in "${families[@]}"; do
  read -r steps warmup <<<"$(steps_of "$family")"
  ours=()
  theirs=()
  for ((run = 1; run <= runs; ++run)); do
    echo "$family, run $run of $runs" >&2
    value=$(measure candor items_per_second "$bench" "$family" --steps "$steps" --warmup "$warmup" --threads "$threads")
    ours+=("$value")
    # shellcheck disable=SC2086  # PEER_FLAGS is a list of words
    value=$(measure PyTorch items_per_second "$python" "scripts/bench/peers/train_$family.py" --steps "$steps" \
      --warmup "$warmup" --threads "$threads" ${PEER_FLAGS:-})
    theirs+=("$value")
  done
  rows+=("$family $(items_of "$family") $(median "${ours[@]}") $(median "${theirs[@]}")")
done

echo "| model | unit | candor | PyTorch eager | ratio |"
echo "|---|---|---:|---:|---:|"
for row in "${rows[@]}"; do
  awk '{printf "| %s | %s/s | %.0f | %.0f | %.2f |\n", $1, $2, $3, $4, $3 / $4}' <<<"$row"
done
echo
echo "Medians of $runs alternating runs, $threads threads, $(day_and_machine)${PEER_FLAGS:+, peer flags $PEER_FLAGS}."
