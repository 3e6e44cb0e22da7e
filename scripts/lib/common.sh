# SPDX-License-Identifier: Apache-2.0
# What the scripts share. Sourced, never run; the caller has set -euo pipefail.
# shellcheck shell=bash disable=SC2034

# Without it, a failure inside $(...) would go unnoticed there.
shopt -s inherit_errexit
# Numbers with a point, messages in English, and file names in the same order everywhere.
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Absolute: the scripts and the build change folders.
CANDOR_CACHE=$(realpath -ms "${CANDOR_CACHE:-$HOME/.cache/candor}")
export CANDOR_CACHE
if [[ ${CANDOR_TORCH_DIR:-} ]]; then
  CANDOR_TORCH_DIR=$(realpath -ms "$CANDOR_TORCH_DIR")
  export CANDOR_TORCH_DIR
fi
torch_version=2.11.0
torch=${CANDOR_TORCH_DIR:-$CANDOR_CACHE/libtorch-$torch_version/torch}
build=$root/build/release
programs=(app_candor app_inspect app_init app_train app_eval app_eval_model app_predict app_generate app_export app_serve app_runs app_compare
  app_purge app_tune) # targets

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

# What opens pages without a window, for the test of the reports.
find_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# A heading, with the seconds since the script began.
phase() { say "[${SECONDS}s] $*"; }

# Jobs at once: one per core, but no more than one for each 2 GB of memory, which is what one source
# file with LibTorch's headers takes.
jobs_at_once() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo)
  ((memory >= 1)) || memory=1
  echo $((cores < memory ? cores : memory))
}

use_ccache() {
  export CCACHE_DIR=${CCACHE_DIR:-$CANDOR_CACHE/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
}

# How far a command is that takes long: its newest line. On a terminal in one line that is rewritten from the second second
# on, elsewhere every 30 s.
show_progress() { # show_progress LOG TICK, at 5 ticks a second
  local line
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then
    (($2 > 5)) || return 0
    line=$(tail -n 1 "$1" | cut -c1-78)
    printf '\r\033[K%s' "$line" >&2
  elif (($2 % 150 == 0)); then
    say "  $(tail -n 1 "$1" | cut -c1-98)"
  fi
}

# run_logged LOG COMMAND...: the command's output goes to LOG. On failure its errors are shown.
run_logged() {
  local log=$1 pid tick=0
  shift
  "$@" >"$log" 2>&1 &
  pid=$!
  # A command in the background does not hear Ctrl-C.
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    show_progress "$log" $((++tick))
  done
  if [[ -t 2 && $tick -gt 5 ]]; then printf '\r\033[K' >&2; fi
  trap - INT TERM
  if ! wait "$pid"; then
    grep -nE -A4 'error:|CMake Error|FAILED:|fatal' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
    fail "$1 failed; its whole output is in $log"
  fi
}

# build_folder FOLDER TARGETS... -- CMAKE_OPTIONS...: configures when the options changed, builds, and
# prints nothing when nothing is to be done.
build_folder() {
  local folder=$1 targets=() stamp
  shift
  while (($# > 0)) && [[ $1 != -- ]]; do
    targets+=("$1")
    shift
  done
  shift
  mkdir -p "$folder"
  stamp=$*
  if [[ ! -f $folder/build.ninja || $(cat "$folder/options.txt" 2>/dev/null) != "$stamp" ]]; then
    run_logged "$folder/configure.log" cmake -S "$root" -B "$folder" -G Ninja "$@"
    printf '%s' "$stamp" >"$folder/options.txt"
  fi
  run_logged "$folder/build.log" ninja -C "$folder" -j "$(jobs_at_once)" "${targets[@]}"
}

# The build that demo.sh and test.sh share: build_release TARGETS...
build_release() {
  local cuda=OFF
  if command -v nvcc >/dev/null; then cuda=ON; fi
  use_ccache
  build_folder "$build" "$@" -- -DCMAKE_BUILD_TYPE=Release -DCANDOR_ENGINE=ON -DCANDOR_TESTS=ON \
    -DCANDOR_CUDA="$cuda" -DCANDOR_TORCH_DIR="$torch" \
    -DCANDOR_ASAN_BUILD_DIR="$root/build/asan"
}

# The Torch-free part and its tests under AddressSanitizer and UndefinedBehaviorSanitizer.
build_asan() {
  use_ccache
  build_folder "$root/build/asan" all -- -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
    -DCANDOR_ENGINE=OFF -DCANDOR_TESTS=ON -DCANDOR_SANITIZER=address
}
