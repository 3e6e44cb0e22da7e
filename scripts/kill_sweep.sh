#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ends real training processes at random moments and goes on with --resume, until the runs have ended; their models, metrics
# and reports must have the bytes of a run that nobody ended. Half of the kills come inside of saves, before a write, an fsync
# or a rename. A few of each are among the tests (scripts/test.sh).
#
#   scripts/kill_sweep.sh [KILLS [SIGNALS]]      200 times SIGKILL, 100 times SIGTERM, SIGINT, SIGUSR1 or SIGUSR2 by default
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$root/scripts/setup.sh"
phase "Build"
build_release test_apps
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
# A comma in a name would divide it into two (Catch2).
phase "Kills"
CANDOR_KILLS=${1:-200} "$build/bin/test_apps" "kills at random moments*"
phase "Signals"
CANDOR_SIGNALS=${2:-100} "$build/bin/test_apps" "signals at random moments*"
