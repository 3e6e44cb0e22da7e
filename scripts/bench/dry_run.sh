#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What --dry-run says of a run, and what the run then takes: wall time and most memory of `candor train`, without early
# stopping, which no estimate foresees. Estimate / seen is to lie within 0.85 and 1.15.
#
#   scripts/bench/dry_run.sh CONFIG [WORD...]
#
# Environment: RUNS (5), CANDOR_BIN (build/release/bin).
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${CANDOR_BIN:-$root/build/release/bin}
if (($# < 1)); then
  echo "usage: scripts/bench/dry_run.sh CONFIG [WORD...]" >&2
  exit 2
fi
[[ -x $bin/candor ]] || {
  echo "error: no candor in $bin: build first (scripts/demo.sh), or set CANDOR_BIN" >&2
  exit 1
}
exec python3 "$root/scripts/bench/peers/dry_run.py" "${RUNS:-5}" "$bin/candor" "$@"
