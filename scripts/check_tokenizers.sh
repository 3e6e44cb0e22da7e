#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ids of candor beside those of Hugging Face tokenizers, both on the same tokenizer.json: trained by candor and by
# tokenizers, over a text, 100,000 random Unicode strings and hard cases. Needs the Python of scripts/bench/peers.
#   scripts/check_tokenizers.sh [TEXT]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/lib/common.sh
python=${CANDOR_PEERS:-$CANDOR_CACHE/peers}/bin/python
candor=${CANDOR:-build/release/bin/candor}
text=${1:-data/text/corpus.txt}
[[ -x $python ]] || { echo "$python: no Python with tokenizers; see scripts/bench" >&2; exit 1; }
[[ -x $candor ]] || { echo "$candor: build candor first" >&2; exit 1; }
exec "$python" tests/golden/text/check.py "$candor" "$text" build/check_tokenizers
