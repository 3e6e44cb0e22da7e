#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is done for groups in training and after it, and what it costs: one config of two classes trained as it is and with each way,
# judged on its test rows at the threshold that is best for balanced accuracy on the calibration rows. For each: balanced accuracy,
# AUC, and the gaps between the groups.
#
#   scripts/bench/fairness.sh configs/adult.json sex [key=value ...]
#
# Environment: CANDOR (the program), KEEP (a folder that keeps the runs; those that are there already are not trained again).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh
candor=${CANDOR:-build/release/bin/candor}
if (($# < 2)); then fail 'usage: scripts/bench/fairness.sh CONFIG COLUMN [key=value ...]'; fi
config=$1
column=$2
shift 2
need_program "$candor" "set CANDOR"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${KEEP:-$work}
best='task.threshold={"maximize": "balanced_accuracy"}'

train() { # train NAME key=value...
  local name=$1
  shift
  if [[ -e $runs/$name/report.json ]]; then return; fi
  local code=0
  "$candor" train "$config" --run "$runs/$name" --quiet data.split.calibration=0.1 "data.groups=[\"$column\"]" "$@" \
    >/dev/null || code=$?
  ((code == 0 || code == 7)) || exit "$code" # 7: a gate was not passed, which is a result too
}

train plain "$best" "$@"
for method in reweighing group_dro exponentiated_gradient; do
  train $method "$best" "train.fairness={\"method\": \"$method\", \"group\": \"$column\"}" "$@"
done
train group_thresholds "calibration.group_thresholds={\"group\": \"$column\"}" "$@"

printf '%-24s %18s %10s %26s %26s\n' way 'balanced accuracy' AUC 'demographic parity' 'equalised odds'
for name in plain reweighing group_dro exponentiated_gradient group_thresholds; do
  "$candor" eval "$runs/$name" --json >"$work/report.json" || (($? == 7))
  jq -r --arg name "$name" --arg column "$column" '
    def short: . * 10000 | round / 10000 | tostring;
    def gap($key): .gaps[$column].between[$key] | "\(.value | short) [\(.low | short), \(.high | short)]";
    [$name, (.metrics.balanced_accuracy.value | short), (.metrics.roc_auc.value | short),
     gap("demographic_parity_difference"), gap("equalized_odds_difference")] | @tsv' "$work/report.json" |
    while IFS=$'\t' read -r name balanced area parity odds; do
      printf '%-24s %18s %10s %26s %26s\n' "$name" "$balanced" "$area" "$parity" "$odds"
    done
done
