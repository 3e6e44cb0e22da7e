#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds and runs every test, in one ctest run. Arguments go to ctest:
#
#   scripts/test.sh                 everything
#   scripts/test.sh -R serve        tests whose name contains "serve"
#   scripts/test.sh -N              lists the tests
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

CANDOR_TEST_TOOLS=yes "$root/scripts/setup.sh"

phase "Release build (build/release)"
build_release all
phase "Torch-free part with ASan and UBSan (build/asan)"
build_asan
phase "Tests"
# Several programs share the cores here; threads that wait by spinning would keep them from each other.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
exec ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@"
