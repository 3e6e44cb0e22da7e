#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the Torch-free sources (a minute or two), or over the files that are named. Needs build/asan, which
# scripts/test.sh makes, for its compile_commands.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang-tidy >/dev/null || { echo "error: clang-tidy is missing: apt-get install clang-tidy" >&2; exit 1; }
[[ -f build/asan/compile_commands.json ]] || { echo "error: build/asan is missing: run scripts/test.sh first" >&2; exit 1; }
files=("$@")
((${#files[@]})) || mapfile -t files < <(git ls-files 'lib/core/*.cpp')
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/asan
