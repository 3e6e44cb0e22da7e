#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Texts to TF-IDF: candor beside scikit-learn's TfidfVectorizer on the same made lines, one thread each, alternating in
# one run, medians of RUNS of processor time. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/words.sh
#
# Environment: RUNS (5), LINES (20000), CANDOR_BENCH_WORDS (the benchmark program), CANDOR_PEERS (a Python environment
# with scikit-learn).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
lines=${LINES:-20000}
bench=${CANDOR_BENCH_WORDS:-build/release/bin/bench_words}

need_program "$bench" "set CANDOR_BENCH_WORDS"
need_peers scikit-learn
need_count RUNS "$runs"

# Lines of 5 to 40 words of a made language, frequent words far more often than rare ones.
data=build/bench/words-$lines.txt
mkdir -p build/bench
[[ -f $data ]] || awk -v lines="$lines" 'BEGIN {
  srand(7)
  for (w = 0; w < 30000; ++w) {
    word = ""
    for (n = 2 + int(rand() * 4); n > 0; --n) word = word substr("bcdfghklmnprstvwz", 1 + int(rand() * 17), 1) substr("aeiouy", 1 + int(rand() * 6), 1)
    words[w] = word
  }
  for (l = 0; l < lines; ++l) {
    line = ""
    for (n = 5 + int(rand() * 36); n > 0; --n) line = line words[int(exp(rand() * log(30000)))] (rand() < 0.1 ? ", " : " ")
    print toupper(substr(line, 1, 1)) substr(line, 2)
  }
}' >"$data.part" && { [[ -f $data ]] || mv "$data.part" "$data"; }

value() { number "$2" <<<"$1"; }

megabytes=$(awk -v bytes="$(stat -c %s "$data")" 'BEGIN {print bytes / 1e6}')
echo "| terms | step | candor | scikit-learn | ratio |"
echo "|---|---|---:|---:|---:|"
for kind in "words 1 2" "characters_in_words 2 5" "characters 2 5"; do
  read -r unit shortest longest <<<"$kind"
  declare -A found=([ours.fit]="" [ours.apply]="" [theirs.fit]="" [theirs.apply]="")
  for ((run = 1; run <= runs; ++run)); do
    echo "$kind, run $run of $runs" >&2
    ours=$("$bench" "$data" "$unit" "$shortest" "$longest") || fail "candor failed"
    theirs=$("$python" scripts/bench/peers/words.py "$data" "$unit" "$shortest" "$longest") || fail "scikit-learn failed"
    if [[ $(value "$ours" terms) -lt 1000000 ]]; then
      for what in terms entries; do
        [[ $(value "$ours" $what) == "$(value "$theirs" $what)" ]] || fail "$what differ: $ours and $theirs"
      done
    fi
    for step in fit apply; do
      found[ours.$step]+=" $(value "$ours" $step)"
      found[theirs.$step]+=" $(value "$theirs" $step)"
    done
  done
  for step in fit apply; do
    # shellcheck disable=SC2086  # lists of numbers
    awk -v kind="$unit $shortest to $longest" -v step=$step -v size="$megabytes" -v ours="$(median ${found[ours.$step]})" \
      -v theirs="$(median ${found[theirs.$step]})" 'BEGIN {
      printf "| %s | %s | %.1f MB/s | %.1f MB/s | %.1f |\n", kind, step, size / ours, size / theirs, theirs / ours}'
  done
done
echo
echo "Medians of $runs alternating runs of one thread, processor time, $lines lines of $megabytes MB, $(day_and_machine)."
