#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fused operations, optimizers and the choice of matrix products as on a processor with AVX2 and without AVX-512, which QEMU
# stands for.
#   older_processor_test.sh BIN   exit 77: no QEMU, or another kind of processor
set -euo pipefail
bin=$1
if [[ $(uname -m) != x86_64 ]] || ! command -v qemu-x86_64 >/dev/null; then
  echo "no qemu-x86_64 is installed (package qemu-user), or this is no x86-64" >&2
  exit 77
fi
export OMP_WAIT_POLICY=passive
# This processor, with LibTorch and its libraries kept to AVX2.
as_avx2=(env ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2)
"${as_avx2[@]}" "$bin/test_engine" "[nn],[models]"
"${as_avx2[@]}" "$bin/test_engine" "*products*"
# QEMU's processor with everything it knows: up to AVX2 and FMA.
qemu-x86_64 -cpu max "$bin/test_engine" "[nn]"
qemu-x86_64 -cpu max "$bin/test_engine" "[optim]"
qemu-x86_64 -cpu max "$bin/test_engine" "the rates of products are measured once a machine"
