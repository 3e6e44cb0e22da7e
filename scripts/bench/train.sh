#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Training speed of candor beside PyTorch in four modes (eager and torch.compile, float32 and autocast to bfloat16, each
# with the optimizer's fused kernel; images as NHWC): same architecture, batch, optimizer and clipping, alternating in one run,
# medians of RUNS. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/train.sh [mlp] [transformer] [transformer_large] [resnet] [resnet_narrow]
#
# Environment: RUNS (5), THREADS (2), STEPS (per family below), MODES (eager bfloat16 compile compile_bfloat16),
# CANDOR_BENCH (the benchmark program), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
threads=${THREADS:-2}
bench=${CANDOR_BENCH:-build/release/bin/bench_train}
read -ra modes <<<"${MODES:-eager bfloat16 compile compile_bfloat16}"

need_program "$bench" "set CANDOR_BENCH"
need_peers torch==2.11.0 numpy
need_count RUNS "$runs"

# Timed steps, and steps before the clock starts.
steps_of() {
  case $1 in
    mlp) echo "${STEPS:-1000} 50" ;;
    transformer) echo "${STEPS:-200} 10" ;;
    transformer_large) echo "${STEPS:-4} 1" ;;
    resnet) echo "${STEPS:-5} 1" ;;
    resnet_narrow) echo "${STEPS:-20} 2" ;;
    *) fail "unknown family '$1'; known: mlp, transformer, transformer_large, resnet, resnet_narrow" ;;
  esac
}

items_of() {
  case $1 in
    mlp) echo rows ;;
    transformer*) echo tokens ;;
    resnet*) echo images ;;
  esac
}

# The peer's program and its words for the family.
peer_of() {
  case $1 in
    mlp) echo train_mlp.py ;;
    transformer) echo train_transformer.py ;;
    transformer_large) echo train_transformer.py --large ;;
    resnet) echo train_resnet.py --channels-last ;;
    resnet_narrow) echo train_resnet.py --channels-last --narrow ;;
  esac
}

flags_of() {
  case $1 in
    eager) ;;
    bfloat16) echo --bfloat16 ;;
    compile) echo --compile ;;
    compile_bfloat16) echo --compile --bfloat16 ;;
    *) fail "unknown mode '$1'; known: eager, bfloat16, compile, compile_bfloat16" ;;
  esac
}

families=("$@")
((${#families[@]})) || families=(mlp transformer transformer_large resnet resnet_narrow)
for family in "${families[@]}"; do steps_of "$family" >/dev/null; done
for mode in "${modes[@]}"; do flags_of "$mode" >/dev/null; done

rows=()
for family in "${families[@]}"; do
  read -r steps warmup <<<"$(steps_of "$family")"
  read -ra peer <<<"$(peer_of "$family")"
  ours=()
  declare -A theirs=()
  for ((run = 1; run <= runs; ++run)); do
    echo "$family, run $run of $runs" >&2
    value=$(measure candor items_per_second "$bench" "$family" --steps "$steps" --warmup "$warmup" --threads "$threads")
    ours+=("$value")
    for mode in "${modes[@]}"; do
      read -ra flags <<<"$(flags_of "$mode")"
      value=$(measure "PyTorch $mode" items_per_second "$python" "scripts/bench/peers/${peer[0]}" "${peer[@]:1}" --fused \
        --steps "$steps" --warmup "$warmup" --threads "$threads" "${flags[@]}")
      theirs[$mode]+=" $value"
    done
  done
  row="$family $(items_of "$family") $(median "${ours[@]}")"
  for mode in "${modes[@]}"; do
    read -ra values <<<"${theirs[$mode]}"
    row+=" $(median "${values[@]}")"
  done
  rows+=("$row")
  unset theirs
done

printf '| model | unit | candor |'
printf ' PyTorch %s |' "${modes[@]//_/ }"
printf ' candor / best |\n|---|---|---:|'
printf -- '---:|%.0s' "${modes[@]}"
printf -- '---:|\n'
for row in "${rows[@]}"; do
  awk '{printf "| %s | %s/s | %.0f |", $1, $2, $3
        for (i = 4; i <= NF; ++i) {printf " %.0f |", $i; if ($i > best) best = $i}
        printf " %.2f |\n", $3 / best}' <<<"$row"
done
echo
echo "Medians of $runs alternating runs, $threads threads, $(day_and_machine)."
