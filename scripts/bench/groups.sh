#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tables of metrics by group: candor (all of its metrics, with intervals) beside Fairlearn's MetricFrame (five metrics, no
# intervals) on the same rows, made here, from names of groups and probabilities on; one thread each. Alternating in one
# run, medians of RUNS by CPU time. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/groups.sh [ROWS ...]        (1000000)
#
# Environment: RUNS (5), GROUPS_OF (64), CANDOR_BENCH (the benchmark program), CANDOR_PEERS (the peers' Python; needs
# fairlearn).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
groups=${GROUPS_OF:-64}
bench=${CANDOR_BENCH:-build/release/bin/bench_groups}
folder=build/bench

need_program "$bench" "set CANDOR_BENCH"
need_peers fairlearn
need_count RUNS "$runs"
need_count GROUPS_OF "$groups"

sizes=("$@")
((${#sizes[@]})) || sizes=(1000000)
mkdir -p "$folder"
lines=()
for rows in "${sizes[@]}"; do
  need_count ROWS "$rows"
  file=$folder/groups-$rows-$groups.bin
  if [[ ! -f $file ]]; then
    "$bench" make "$file.part" "$rows" "$groups"
    mv "$file.part" "$file"
  fi
  sum=$("$bench" table "$file" | number accuracies)
  peer_sum=$(OMP_NUM_THREADS=1 "$python" scripts/bench/peers/group_table.py "$file" | number accuracies)
  awk -v a="$sum" -v b="$peer_sum" 'BEGIN { exit !((a - b) ^ 2 < 1e-12) }' || fail "accuracies differ: $sum and $peer_sum"
  ours=() theirs=()
  for ((run = 1; run <= runs; ++run)); do
    echo "$rows rows, run $run of $runs" >&2
    ours+=("$(measure candor cpu_seconds "$bench" table "$file")")
    theirs+=("$(OMP_NUM_THREADS=1 measure fairlearn cpu_seconds "$python" scripts/bench/peers/group_table.py "$file")")
  done
  lines+=("$rows $(median "${ours[@]}") $(median "${theirs[@]}")")
done

echo "| rows, $groups groups | candor | Fairlearn's MetricFrame | ratio |"
echo "|---|---:|---:|---:|"
for line in "${lines[@]}"; do
  awk '{printf "| %d | %.3f s | %.2f s | %.0f |\n", $1, $2, $3, $3 / $2}' <<<"$line"
done
echo
echo "Medians of $runs alternating runs, $(nproc) cores, $(day_and_machine)."
