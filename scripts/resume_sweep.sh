#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stops a run of 60 steps after every step, resumes it, and compares all bytes that it leaves with those of a run that was
# not stopped: MLP, Transformer and ResNet, with 0 and 2 loader threads, with 1 and 4 accumulated batches. 720 runs; prints
# how many of them ended with the same bytes. A sample of it is one of the tests (scripts/test.sh).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$root/scripts/setup.sh"
phase "Build"
build_release test_engine
phase "720 stops"
# Runs in memory where there is such a folder: checkpoints are flushed to the disk, some 10,000 of them here.
if [[ -w /dev/shm ]]; then export TMPDIR=/dev/shm; fi
CANDOR_SWEEP=all exec "$build/bin/test_engine" "[sweep]"
