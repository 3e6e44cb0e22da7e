#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bootstrap resamples of the area under the ROC curve: candor beside scikit-learn's roc_auc_score on the same scores, made
# here. Alternating in one run, medians of RUNS, by wall time from the scores in memory on. Prints a Markdown table; progress
# goes to stderr.
#
#   scripts/bench/metrics.sh
#
# Environment: RUNS (5), ROWS (100000), RESAMPLES (1000), CANDOR_BENCH (the benchmark program), CANDOR_PEERS (the peers'
# Python, with scikit-learn).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
rows=${ROWS:-100000}
resamples=${RESAMPLES:-1000}
bench=${CANDOR_BENCH:-build/release/bin/bench_metrics}
need_program "$bench" "set CANDOR_BENCH"
need_peers scikit-learn
need_count RUNS "$runs"
need_count ROWS "$rows"
need_count RESAMPLES "$resamples"

mkdir -p build/bench
file=build/bench/auc-$rows.bin
"$bench" make "$file" "$rows"
ours=() one=() peer=()
for ((run = 1; run <= runs; ++run)); do
  echo "run $run of $runs" >&2
  ours+=("$(measure candor seconds "$bench" auc "$file" "$resamples")")
  one+=("$(measure 'candor on one core' seconds taskset -c "$(taskset -pc $$ | sed 's/.*[ ,-]//')" "$bench" auc "$file" "$resamples")")
  peer+=("$(measure scikit-learn seconds "$python" scripts/bench/peers/auc_resamples.py "$file" "$resamples")")
done

echo "| rows | resamples | candor | on one core | scikit-learn | ratio | on one core |"
echo "|---:|---:|---:|---:|---:|---:|---:|"
awk -v rows="$rows" -v resamples="$resamples" -v a="$(median "${ours[@]}")" -v b="$(median "${one[@]}")" \
  -v c="$(median "${peer[@]}")" 'BEGIN {printf "| %d | %d | %.2f s | %.2f s | %.1f s | %.0f | %.0f |\n", rows, resamples, a, b, c, c / a, c / b}'
echo
echo "Medians of $runs alternating runs, $(nproc) cores, $(day_and_machine)."
