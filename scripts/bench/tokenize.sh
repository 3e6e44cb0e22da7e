#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Speed of tokenizers beside tiktoken and Hugging Face tokenizers: encoding by one thread, with one vocabulary (byte-level
# BPE of 8192 tokens and GPT-2's pattern, learned by candor from TEXT) and ids compared, and learning that vocabulary from
# MEGABYTES of TEXT repeated with random edits. Alternating in one run, medians of RUNS. Encoding is timed inside each
# program, on CPU seconds of the thread; learning is the whole process, wall and CPU seconds.
#
#   scripts/bench/tokenize.sh TEXT
#
# Environment: RUNS (5), MEGABYTES (100), TRAIN_RUNS (5), CANDOR_BIN (build/release/bin), CANDOR_PEERS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

text=${1:-data/text/corpus.txt}
bin=${CANDOR_BIN:-build/release/bin}
peers=${CANDOR_PEERS:-${CANDOR_CACHE:-$HOME/.cache/candor}/peers}
python=$peers/bin/python

fail() {
  echo "error: $1" >&2
  exit 1
}
[[ -x $bin/bench_tokenize ]] || fail "no bench_tokenize in $bin: build first, or set CANDOR_BIN"
[[ -x $python ]] || fail "no Python for the peers at $python: python3 -m venv $peers && $peers/bin/pip install tokenizers tiktoken"
[[ -r $text ]] || fail "$text: cannot be read"

exec "$python" scripts/bench/peers/tokenizers_speed.py --bin "$bin" --text "$text" --work build/bench/tokenize \
  --runs "${RUNS:-5}" --megabytes "${MEGABYTES:-100}" --train-runs "${TRAIN_RUNS:-5}"
