#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A table's config beside scikit-learn's HistGradientBoosting (its defaults), which is trained on all rows that are not test
# rows and judged on the very same test rows: for each score the mean and deviation over the seeds of both, and their
# difference with a paired 95 % interval (bootstrap over the test rows).
#
#   scripts/bench/boosting.sh configs/adult.json ["0 1 2 3 4"] [key=value ...]
#
# Environment: CANDOR_BIN (build/release/bin), CANDOR_PEERS (the peers' Python environment), KEEP (a folder that keeps the
# runs; those that are there already are not trained again).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/bench/lib.sh
bin=${CANDOR_BIN:-build/release/bin}
if (($# < 1)); then fail 'usage: scripts/bench/boosting.sh CONFIG ["SEED ..."] [key=value ...]'; fi
config=$1
seeds=${2:-0 1 2 3 4}
shift $(($# < 2 ? $# : 2))
need_program "$bin/candor" "set CANDOR_BIN"
need_peers scikit-learn pandas
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${KEEP:-$work}

folders=()
for seed in $seeds; do
  folder=$runs/$seed
  folders+=("$folder")
  if [[ -e $folder/report.json ]]; then continue; fi
  start=$EPOCHREALTIME
  code=0
  "$bin/candor" train "$config" seed="$seed" "$@" --run "$folder" --quiet >"$work/out.txt" || code=$?
  ((code == 0 || code == 7)) || exit "$code" # 7: a gate was not passed, which is a result too
  awk -v a="$start" -v b="$EPOCHREALTIME" -v s="$seed" 'BEGIN {printf "  seed %s: %.1f s\n", s, b - a}' >&2
done
"$python" scripts/bench/peers/paired_boosting.py "${folders[@]}"
