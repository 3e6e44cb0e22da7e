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

runs=${RUNS:-5}
threads=${THREADS:-2}
bench=${CANDOR_BENCH:-build/release/bin/bench_train}
peers=${CANDOR_PEERS:-${CANDOR_CACHE:-$HOME/.cache/candor}/peers}
python=$peers/bin/python

fail() {
  echo "error: $1" >&2
  exit 1
}

[[ -x $bench ]] || fail "no benchmark program at $bench: build first (scripts/setup.sh), or set CANDOR_BENCH"
[[ -x $python ]] || fail "no Python for the peers at $python: python3 -m venv $peers && $peers/bin/pip install torch==2.11.0 numpy"
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "RUNS is '$runs'; it must be a whole number from 1 on"

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

speed() { sed -n 's/.*"items_per_second": *\([0-9.e+]*\).*/\1/p'; }

median() {
  printf '%s\n' "$@" | sort -g | awk '{v[NR] = $1} END {
    print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# Prints one speed, or ends the run when the program printed none.
measure() {
  local name=$1 value
  shift
  value=$("$@" | speed) || fail "$name failed"
  [[ -n $value ]] || fail "$name printed no items_per_second"
  echo "  $name: $value" >&2
  echo "$value"
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
    value=$(measure candor "$bench" "$family" --steps "$steps" --warmup "$warmup" --threads "$threads")
    ours+=("$value")
    # shellcheck disable=SC2086  # PEER_FLAGS is a list of words
    value=$(measure PyTorch "$python" "scripts/bench/peers/train_$family.py" --steps "$steps" \
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
echo "Medians of $runs alternating runs, $threads threads, $(date -u +%Y-%m-%d), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)${PEER_FLAGS:+, peer flags $PEER_FLAGS}."
