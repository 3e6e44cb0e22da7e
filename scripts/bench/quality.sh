#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trains a config with several seeds (the split keeps its own) and prints a metric of each and their mean.
#
#   scripts/bench/quality.sh configs/adult.json "accuracy roc_auc" "0 1 2 3 4" [key=value ...]
#
# Uses the programs in build/release/bin (CANDOR_BIN names another folder).
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${CANDOR_BIN:-$root/build/release/bin}
config=$1
metrics=${2:-accuracy}
seeds=${3:-0 1 2 3 4}
shift $(($# < 3 ? $# : 3))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# value REPORT METRIC: its "value" in report.json; none, or null, ends the measurement.
value() {
  awk -v name="\"$2\":" '$1 == name {found = 1} found && $1 == "\"value\":" {gsub(",", "", $2); print $2; exit}' "$1" |
    grep -E '^-?[0-9]' || { echo "error: $1 has no value of '$2'; it has: $(metric_names "$1")" >&2 && return 1; }
}

metric_names() { sed '/"per_class":/,$d' "$1" | grep -B 1 '"value":' | grep -oE '"[a-z0-9_]+": \{' | tr -d '":{\n'; }

printf '| seed | %s | seconds |\n|---|' "${metrics// / | }"
for metric in $metrics seconds; do printf -- '---|'; done
printf '\n'
for seed in $seeds; do
  start=$EPOCHREALTIME
  code=0
  "$bin/candor" train "$config" seed="$seed" "$@" --run "$work/$seed" --quiet >"$work/out.txt" || code=$?
  ((code == 0 || code == 7)) || exit "$code" # 7: a gate was not passed, which is a result too
  seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}')
  printf '| %s |' "$seed"
  for metric in $metrics; do
    found=$(value "$work/$seed/report.json" "$metric")
    printf ' %.5g |' "$found" | tee -a "$work/$metric.txt"
  done
  printf ' %s |\n' "$seconds"
  echo "$seconds" >>"$work/seconds.txt"
done
printf '| **mean** |'
for metric in $metrics; do
  tr -d '|' <"$work/$metric.txt" | awk '{for (i = 1; i <= NF; i++) {sum += $i; n++}} END {printf " **%.5g** |", sum / n}'
done
awk '{sum += $1} END {printf " %.1f |\n", sum / NR}' "$work/seconds.txt"
