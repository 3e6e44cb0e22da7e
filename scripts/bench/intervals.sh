#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How often the 95 % intervals of a report hold the truth, in simulated data: the table of docs/metrics.md. Takes over forty
# minutes on two free cores.
#
#   scripts/bench/intervals.sh [ROWS,ROWS...] [REPEATS]
#
# Environment: CANDOR_BENCH (the benchmark program).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

bench=${CANDOR_BENCH:-build/release/bin/bench_metrics}
need_program "$bench" "set CANDOR_BENCH"
"$bench" coverage "${1:-20,50,200,1000,10000}" "${2:-2000}"
echo
echo "Day and machine: $(day_and_machine)."
