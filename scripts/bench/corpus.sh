#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory for a corpus: the peak of `candor train --dry-run` on a corpus of MEGABYTES, a document a line, with the tokens in
# a token cache and with the tokens in memory, and on one of 1 MB, which is what the program and the model need alone.
#
#   scripts/bench/corpus.sh
#
# Environment: MEGABYTES (300), CANDOR_BIN (build/release/bin). The corpus lies in build/bench/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

megabytes=${MEGABYTES:-300}
bin=${CANDOR_BIN:-build/release/bin}
need_program "$bin/candor" "set CANDOR_BIN"
work=build/bench/corpus
mkdir -p "$work"
rm -rf "$work/cache"

# Lines of words of a small vocabulary, the same ones every time.
write_corpus() {
  local path=$work/$1.txt
  [[ -s $path ]] && return
  awk -v bytes=$(($1 * 1000000)) 'BEGIN {
    srand(1)
    while (written < bytes) {
      line = ""
      for (i = 0; i < 4 + rand() * 40; ++i) line = line "word" int(rand() * rand() * 5000) " "
      print line
      written += length(line) + 1
    }
  }' >"$path"
}

config() {
  cat >"$work/$1.json" <<JSON
{
  "name": "corpus", "task": {"type": "language_model"},
  "data": {"type": "text", "files": {"train": "$1.txt"}, "documents": "line", "tokenizer": {"type": "bytes"},
           "split": {"validation": 0.001}},
  "model": {"type": "transformer", "layers": 1, "heads": 2, "width": 32, "context": 64},
  "train": {"steps": 10, "batch_size": 8}
}
JSON
}

memory() { "$bin/candor" train "$@" --dry-run --json --quiet | grep -o '"memory_bytes": [0-9]*' | grep -o '[0-9]*'; }

write_corpus 1
write_corpus "$megabytes"
config 1
config "$megabytes"
alone=$(memory "$work/1.json")
first=$(memory "$work/$megabytes.json" data.cache="$work/cache")
again=$(memory "$work/$megabytes.json" data.cache="$work/cache")
held=$(memory "$work/$megabytes.json")

row() { awk -v name="$1" -v bytes="$2" -v alone="$alone" \
  'BEGIN {printf "| %s | %.0f | %.0f |\n", name, bytes / 1e6, (bytes - alone) / 1e6}'; }
echo "Corpus of $megabytes MB, a document a line; peak memory, MB"
echo
echo "| run | peak | more than with 1 MB |"
echo "|---|---|---|"
row "1 MB" "$alone"
row "token cache, made" "$first"
row "token cache, read" "$again"
row "tokens in memory" "$held"
