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
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

text=${1:-data/text/corpus.txt}
bin=${CANDOR_BIN:-build/release/bin}

need_program "$bin/bench_tokenize" "set CANDOR_BIN"
need_peers tokenizers tiktoken
[[ -r $text ]] || fail "$text: cannot be read"

exec "$python" scripts/bench/peers/tokenizers_speed.py --bin "$bin" --text "$text" --work build/bench/tokenize \
  --runs "${RUNS:-5}" --megabytes "${MEGABYTES:-100}" --train-runs "${TRAIN_RUNS:-5}"
