#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A config trained with float32 and with bfloat16 products, one after the other with each seed: for each metric of the report the
# means over the seeds, and the difference, bfloat16 - float32, with a paired 95 % interval over the seeds (Student's t).
#
#   scripts/bench/precision.sh configs/shakespeare.json ["0 1 2 3 4"] [key=value ...]
#
# Environment: CANDOR (the program), CANDOR_PEERS (the peers' Python environment), METRICS (names; all of the report's), KEEP (a
# folder that keeps the runs; those that are there already are not trained again).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh
candor=${CANDOR:-build/release/bin/candor}
if (($# < 1)); then fail 'usage: scripts/bench/precision.sh CONFIG ["SEED ..."] [key=value ...]'; fi
config=$1
seeds=${2:-0 1 2 3 4}
shift $(($# < 2 ? $# : 2))
need_program "$candor" "set CANDOR"
need_peers scipy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${KEEP:-$work}

for seed in $seeds; do
  for precision in float32 bfloat16; do
    folder=$runs/$precision-$seed
    if [[ -e $folder/report.json ]]; then continue; fi
    code=0
    "$candor" train "$config" seed="$seed" train.precision=$precision "$@" --run "$folder" --quiet >"$work/out.txt" || code=$?
    ((code == 0 || code == 7)) || exit "$code" # 7: a gate was not passed, which is a result too
    echo "  seed $seed, $precision: done" >&2
  done
done
"$python" - "$runs" "$seeds" "${METRICS:-}" <<'PY'
import json
import os
import sys

import numpy as np
from scipy import stats

runs, seeds, wanted = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()


def values(precision):
    reports = [json.load(open(os.path.join(runs, f"{precision}-{seed}", "report.json")))["metrics"] for seed in seeds]
    return {name: np.array([r[name]["value"] for r in reports]) for name in reports[0] if reports[0][name]["value"] is not None}, reports[0]


plain, report = values("float32")
rounded, _ = values("bfloat16")
print("| metric | better | float32 | bfloat16 | difference, 95 % |")
print("|---|---|---:|---:|---:|")
for name in wanted or plain:
    a, b = plain[name], rounded[name]
    difference = b - a
    half = stats.t.ppf(0.975, len(a) - 1) * difference.std(ddof=1) / np.sqrt(len(a))
    mean = difference.mean()
    print(f"| {name} | {report[name]['better']} | {a.mean():.5g} ± {a.std(ddof=1):.2g} | {b.mean():.5g} ± {b.std(ddof=1):.2g} | "
          f"{mean:+.2g} [{mean - half:+.2g}, {mean + half:+.2g}] |")
PY
echo
echo "Seeds $seeds. $(day_and_machine)."
