#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of untrusted bytes with libFuzzer, ASan and UBSan. Needs clang.
#
#   scripts/fuzz.sh                   every target, 600 s each
#   scripts/fuzz.sh csv image         these targets
#
# SECONDS_EACH   time per target (600)
# CLANG          the compiler (clang++, or clang++-14)
#
# The found corpus grows in build/fuzz/corpus/<target>; an input that crashes is kept in build/fuzz/crashes. For each crash
# found: a unit test first, then the fix, and the input into tests/fuzz/corpus.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

each=${SECONDS_EACH:-600}
clang=${CLANG:-$(command -v clang++ || command -v clang++-14 || true)}
[[ $clang ]] || fail "no clang++ found: install clang, or name one with CLANG"
use_ccache
folder=$root/build/fuzz
if (($# == 0)); then
  targets=("$root"/tests/fuzz/*_fuzz.cpp)
  targets=("${targets[@]##*/}")
  set -- "${targets[@]%_fuzz.cpp}"
fi
# fuzzer-no-link: libFuzzer sees which code an input reaches.
build_folder "$folder" "${@/%/_fuzz}" -- -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1 -fsanitize=fuzzer-no-link" \
  -DCMAKE_CXX_COMPILER="$clang" -DCMAKE_C_COMPILER="${clang/clang++/clang}" -DCANDOR_ENGINE=OFF -DCANDOR_TESTS=ON \
  -DCANDOR_SANITIZER=address -DCANDOR_FUZZ=ON
mkdir -p "$folder/crashes"
failed=()
for target in "$@"; do
  [[ -x $folder/bin/${target}_fuzz ]] || fail "no fuzz target '$target'"
  mkdir -p "$folder/corpus/$target"
  phase "$target for $each s"
  "$folder/bin/${target}_fuzz" "$folder/corpus/$target" "$root/tests/fuzz/corpus/$target" -max_total_time="$each" \
    -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$folder/crashes/$target-" \
    >"$folder/$target.log" 2>&1 || failed+=("$target")
  grep -E 'stat::number_of_executed_units|stat::new_units_added|stat::peak_rss_mb|ERROR|SUMMARY' "$folder/$target.log" >&2 || true
done
((${#failed[@]} == 0)) || fail "inputs that crash were found for: ${failed[*]}; see $folder/crashes"
say "no crash, leak or timeout"
