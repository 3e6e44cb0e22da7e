#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reading tables: candor beside pandas (C engine) and pyarrow.csv on the same files, made here; one thread each, and candor
# and pyarrow with their default threads. Alternating in one run, medians of RUNS, by CPU time for one thread and by wall
# time for several. Prints a Markdown table of ratios; progress goes to stderr.
#
#   scripts/bench/table.sh [numbers] [text] [quoted]
#
# Environment: RUNS (5), MEGABYTES (200), CANDOR_BENCH (the benchmark program), CANDOR_PEERS (the peers' Python).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
megabytes=${MEGABYTES:-200}
bench=${CANDOR_BENCH:-build/release/bin/bench_table}
folder=build/bench

need_program "$bench" "set CANDOR_BENCH"
need_peers pandas pyarrow
need_count RUNS "$runs"

kinds=("$@")
((${#kinds[@]})) || kinds=(numbers text quoted)
mkdir -p "$folder"
rows=()
for kind in "${kinds[@]}"; do
  file=$folder/$kind-$megabytes.csv
  if [[ ! -f $file ]]; then
    "$bench" make "$kind" "$file.part" "$megabytes"
    mv "$file.part" "$file"
  fi
  newlines=()
  [[ $kind == quoted ]] && newlines=(--newlines)
  ours=() pandas=() arrow=() ours_all=() arrow_all=() hashed=()
  for ((run = 1; run <= runs; ++run)); do
    echo "$kind, run $run of $runs" >&2
    ours+=("$(measure candor cpu_seconds "$bench" read "$file" --threads 1)")
    pandas+=("$(measure pandas cpu_seconds "$python" scripts/bench/peers/read_table.py pandas "$file")")
    arrow+=("$(measure pyarrow cpu_seconds "$python" scripts/bench/peers/read_table.py pyarrow "$file" --threads 1 "${newlines[@]}")")
    hashed+=("$(measure 'candor with SHA-256' cpu_seconds "$bench" read "$file" --threads 1 --digest)")
    ours_all+=("$(measure 'candor, all threads' seconds "$bench" read "$file")")
    arrow_all+=("$(measure 'pyarrow, all threads' seconds "$python" scripts/bench/peers/read_table.py pyarrow "$file" --threads 0 "${newlines[@]}")")
  done
  rows+=("$kind $(median "${ours[@]}") $(median "${hashed[@]}") $(median "${pandas[@]}") $(median "${arrow[@]}") $(median "${ours_all[@]}") $(median "${arrow_all[@]}")")
done

echo "| file | candor, 1 thread | with SHA-256 | / pandas | / pyarrow, 1 thread | candor, all threads | / pyarrow, all threads |"
echo "|---|---:|---:|---:|---:|---:|---:|"
for row in "${rows[@]}"; do
  awk -v mb="$megabytes" '{printf "| %s | %.0f MB/s | %.0f MB/s | %.2f | %.2f | %.0f MB/s | %.2f |\n",
    $1, mb / $2, mb / $3, $4 / $2, $5 / $2, mb / $6, $7 / $6}' <<<"$row"
done
echo
echo "Medians of $runs alternating runs, $megabytes MB, $(nproc) cores, $(day_and_machine)."
