#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What scripts/setup.sh says when something is in the way. Programs that it calls are replaced by ones that behave as on
# such a machine; nothing is downloaded.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# replace NAME: the script on stdin stands for program NAME in the next run.
replace() {
  mkdir -p "$work/bin"
  cat >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# setup WORDS...: runs scripts/setup.sh with an empty cache; its output goes to $work/out, its exit code to $code.
setup() {
  replace sleep <<<'#!/bin/sh'
  env -u CANDOR_TORCH_DIR CANDOR_CACHE="${cache:-$work/cache}" PATH="$work/bin:$PATH" "${variables[@]}" \
    "$root/scripts/setup.sh" "$@" >"$work/out" 2>&1 </dev/null
  code=$?
}

expect() { # expect NAME CODE TEXT
  if [[ $code != "$2" ]] || ! grep -qF -- "$3" "$work/out"; then
    echo "FAILED: $1: exit code $code, expected $2, and text: $3" >&2
    sed 's/^/  /' "$work/out" >&2
    failures=$((failures + 1))
  fi
  rm -rf "$work/bin" "$work/cache"
}

variables=(A=)
replace df <<'END'
#!/bin/sh
echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
echo "/dev/small 9000000 6000000 3000000 67% /"
END
setup
expect "little disk" 1 "has 3 GB free; 5 GB are needed. Free some, or put the cache elsewhere: CANDOR_CACHE=/some/folder scripts/setup.sh"

# pip_that_says TEXT: a Python whose pip cannot download.
pip_that_says() {
  replace python3 <<END
#!/bin/sh
case "\$*" in
  *--version*) exit 0 ;;
esac
echo "$1" >&2
exit 1
END
}

pip_that_says "ERROR: Connection to the index failed: Temporary failure in name resolution"
setup
expect "no network" 1 "torch==2.11.0: no network, or the package index does not answer. Run this script again when it does"

pip_that_says "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
setup
expect "wrong hash" 1 "torch==2.11.0: the archive that the package index sent has another SHA-256 than the one in scripts/lib/libtorch-*.txt. Nothing was unpacked."

pip_that_says "ERROR: something new"
setup
expect "anything else" 1 "torch==2.11.0: pip could not download it (see above"

setup --fast
expect "unknown argument" 2 "error: unknown argument '--fast'; allowed: --cuda, --quiet, --help"

mkdir -p "$work/own/include/torch/headeronly"
printf '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 10\n#define TORCH_VERSION_PATCH 0\n' \
  >"$work/own/include/torch/headeronly/version.h"
variables=(CANDOR_TORCH_DIR="$work/own")
setup
expect "a LibTorch of another version" 1 "CANDOR_TORCH_DIR holds LibTorch 2.10.0; candor needs 2.11.0"
variables=(CANDOR_TORCH_DIR="$work/nowhere")
setup
expect "no LibTorch there" 1 "which has no include/torch/headeronly/version.h"

# With everything in place it says nothing.
variables=(A=)
mkdir -p "$work/full/libtorch-2.11.0"/{torch/include/torch/headeronly,torch/lib,nvidia/cu13/lib}
for file in torch/include/torch/headeronly/version.h torch/lib/libc10.so torch/lib/libtorch_cpu.so torch/lib/libgomp.so.1 \
  nvidia/cu13/lib/libcudart.so.13 nvidia/cu13/lib/libcupti.so.13; do
  echo present >"$work/full/libtorch-2.11.0/$file"
done
cache=$work/full setup
if [[ $code != 0 || -s $work/out ]]; then
  echo "FAILED: nothing to do: exit code $code, expected 0 and no word" >&2
  failures=$((failures + 1))
fi

((failures == 0)) && echo "setup.sh: every case passed"
exit $((failures > 0))
