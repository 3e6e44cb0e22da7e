#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ source with clang-format (Debian package clang-format). --check only tells what would change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang-format >/dev/null || { echo "error: clang-format is missing: apt-get install clang-format" >&2; exit 1; }
mode=(-i)
[[ ${1:-} != --check ]] || mode=(--dry-run --Werror)
git ls-files -co --exclude-standard '*.h' '*.cpp' '*.cu' | xargs clang-format --style=file "${mode[@]}"
