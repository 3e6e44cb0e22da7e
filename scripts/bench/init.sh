#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What candor init's config reaches, unedited, beside scikit-learn's HistGradientBoosting (its defaults) trained on all rows
# that are not test rows and judged on the very same test rows. Score: accuracy and AUC; R2 for regression. Each over the
# training seeds SEEDS (the split and its test rows stay the same); the last column is candor / boosting.
#
#   scripts/bench/init.sh TRAIN.csv TARGET [TEST.csv]
#
# Environment: SEEDS ("0 1 2"), CANDOR_BIN (build/release/bin), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${CANDOR_BIN:-$root/build/release/bin}
python=${CANDOR_PEERS:-${CANDOR_CACHE:-$HOME/.cache/candor}/peers}/bin/python
if (($# < 2)); then
  echo "usage: scripts/bench/init.sh TRAIN.csv TARGET [TEST.csv]" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

test_words=()
if [[ ${3:-} ]]; then test_words=(--test "$3"); fi
"$bin/candor" init "$1" --target "$2" "${test_words[@]}" --output "$work/config.json" >&2
for seed in ${SEEDS:-0 1 2}; do
  "$bin/candor" train "$work/config.json" seed="$seed" --run "$work/$seed" --quiet >"$work/out.txt"
done
"$python" "$root/scripts/bench/peers/boosting.py" "$1" "$2" "${3:-}" "$work"/[0-9]*/
