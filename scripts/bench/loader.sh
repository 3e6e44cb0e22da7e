#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The loader beside PyTorch's RandomSampler and DataLoader, on rows in memory, one thread: seconds to resume in the middle
# of an epoch (row 10,000,000 of 20,000,000; ours also at row 1,000,000,000), rows ordered per second, and what the loader
# adds to a batch. Alternating in one run, medians of RUNS. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/loader.sh
#
# Environment: RUNS (5), CANDOR_BENCH (the benchmark program), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
bench=${CANDOR_BENCH:-build/release/bin/bench_loader}

need_program "$bench" "set CANDOR_BENCH"
need_peers torch==2.11.0 numpy
need_count RUNS "$runs"

rows=()
# compare WHAT UNIT KEY BETTER MEASURE ROWS
compare() {
  local ours=() theirs=() value
  for ((run = 1; run <= runs; ++run)); do
    echo "$1, run $run of $runs" >&2
    value=$(measure candor "$3" "$bench" "$5" --rows "$6")
    ours+=("$value")
    value=$(measure PyTorch "$3" "$python" scripts/bench/peers/loader.py "$5" --rows "$6")
    theirs+=("$value")
  done
  rows+=("$1|$2|$(median "${ours[@]}")|$(median "${theirs[@]}")|$4")
}

compare "resume at row 10,000,000" s seconds lower resume 20000000
compare "order of 10,000,000 rows" rows/s rows_per_second higher order 10000000
compare "batch of 256 rows, raw" us raw_us lower batches 1000000
compare "batch of 256 rows, loader" us loader_us lower batches 1000000
billion=()
for ((run = 1; run <= runs; ++run)); do
  billion+=("$(measure candor seconds "$bench" resume --rows 2000000000)")
done

echo "| measure | unit | candor | PyTorch | ratio |"
echo "|---|---|---:|---:|---:|"
for row in "${rows[@]}"; do
  awk -F'|' '{printf "| %s | %s | %.6g | %.6g | %.2f |\n", $1, $2, $3, $4, $5 == "lower" ? $4 / $3 : $3 / $4}' <<<"$row"
done
printf '| resume at row 1,000,000,000 | s | %.6g | | |\n' "$(median "${billion[@]}")"
echo
echo "Medians of $runs alternating runs, 1 thread, $(day_and_machine). A ratio above 1 is in candor's favour."
