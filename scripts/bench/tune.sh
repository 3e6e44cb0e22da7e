#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A search on a config against the config as it is: minutes, and the paired difference on the test rows.
#
#   scripts/bench/tune.sh [CONFIG] [key=value ...]
#
# Without words: configs/adult.json, 30 trials of successive halving over rate, weight decay, dropout and width. Uses the
# programs in build/release/bin (CANDOR_BIN names another folder) and the peers' Python for the paired interval.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/bench/lib.sh
bin=${CANDOR_BIN:-build/release/bin}
need_program "$bin/candor" "set CANDOR_BIN"
need_peers numpy
config=${1:-configs/adult.json}
shift $(($# < 1 ? $# : 1))
words=("$@")
if ((${#words[@]} == 0)); then
  words=(tune.method=halving tune.trials=30 'search={
    "train.optimizer.learning_rate": {"log": [0.001, 0.01]},
    "train.optimizer.weight_decay": {"log": [0.0001, 0.1]},
    "model.dropout": {"uniform": [0.0, 0.4]},
    "model.hidden": {"choice": [[128, 128], [256, 256], [256, 128]]}}')
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# timed NAME COMMAND...: 7, a gate not passed, is a result too.
timed() {
  local name=$1 start=$EPOCHREALTIME code=0
  shift
  "$@" >"$work/$name.txt" || code=$?
  ((code == 0 || code == 7)) || exit "$code"
  awk -v a="$start" -v b="$EPOCHREALTIME" -v n="$name" 'BEGIN {printf "%s: %.1f min\n", n, (b - a) / 60}'
}
timed search "$bin/candor" tune "$config" "${words[@]}" --run "$work/tune" --quiet
timed ready "$bin/candor" train "$config" --run "$work/ready" --quiet
sed '/^$/q' "$work/search.txt"
sed -n '/^selection\|^chance/p' "$work/search.txt"
"$python" scripts/bench/peers/paired_rows.py "$work/ready" "$work/tune/final"
day_and_machine
