#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Image files on their way to normalised batches, beside simplejpeg's decode alone and torchvision's DataLoader, on the same
# files: JPEGs of 500 x 375 that this makes, and CIFAR-10's where CIFAR names them. Alternating in one run, medians of RUNS.
# Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/images.sh
#
# Environment: RUNS (5), FILES (1000), CIFAR (an archive with train/CLASS/*.jpg, or nothing), CANDOR_BENCH (the benchmark
# program), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

runs=${RUNS:-5}
files=${FILES:-1000}
cifar=${CIFAR:-}
bench=${CANDOR_BENCH:-build/release/bin/bench_images}
data=build/bench/images

need_program "$bench" "set CANDOR_BENCH"
need_peers torch==2.11.0 torchvision simplejpeg
need_count RUNS "$runs"
need_count FILES "$files"
[[ -z $cifar || -f $cifar ]] || fail "CIFAR is '$cifar', which is no file"

photos=$data/photos-$files
if [[ ! -d $photos ]]; then
  echo "making $files photographs" >&2
  rm -rf "$photos.part"
  "$python" scripts/bench/peers/images.py make "$photos.part" --count "$files" >&2
  mv "$photos.part" "$photos"
fi
small=$data/cifar/test
if [[ $cifar && ! -d $small ]]; then
  rm -rf "$data/cifar.part"
  mkdir -p "$data/cifar.part"
  tar -xf "$cifar" -C "$data/cifar.part"
  mv "$data/cifar.part" "$data/cifar"
fi

ours() { measure candor images_per_second "$bench" "$@"; }
theirs() { measure peer images_per_second "$python" scripts/bench/peers/images.py "$@"; }
rows=()
# compare WHAT -- OURS... -- PEER (ours or theirs) WORDS...
compare() {
  local what=$1 left=() right=() a=() b=()
  shift 2
  while [[ $1 != -- ]]; do
    left+=("$1")
    shift
  done
  shift
  right=("$@")
  for ((run = 1; run <= runs; ++run)); do
    echo "$what, run $run of $runs" >&2
    a+=("$(ours "${left[@]}")")
    b+=("$("${right[@]}")")
  done
  rows+=("$what|$(median "${a[@]}")|$(median "${b[@]}")")
}

compare "two loader threads / one" -- "$photos" --loader-threads 2 --raw -- ours "$photos" --loader-threads 1 --raw
compare "to batches of 224 x 224, one thread / simplejpeg's decode" -- "$photos" -- theirs decode "$photos"
compare "to batches of 128 x 128, one thread / simplejpeg's decode" -- "$photos" --size 128 -- theirs decode "$photos"
compare "random parts to 224 x 224, one thread / simplejpeg's decode" -- "$photos" --random-parts -- theirs decode "$photos"
for decoder in pil torchvision; do
  compare "224 x 224, 2 threads / DataLoader, 2 workers, $decoder" -- "$photos" --loader-threads 2 \
    -- theirs loader "$photos" --decoder $decoder
  compare "random parts, 2 threads / DataLoader, 2 workers, $decoder" -- "$photos" --random-parts --loader-threads 2 \
    -- theirs loader "$photos" --random-parts --decoder $decoder
done
if [[ $cifar ]]; then
  for decoder in pil torchvision; do
    compare "CIFAR-10's test files, 2 threads / DataLoader, 2 workers, $decoder" -- "$small" --size 32 --loader-threads 2 \
      -- theirs loader "$small" --size 32 --decoder $decoder
  done
fi

echo "| measure | candor, images/s | other, images/s | ratio |"
echo "|---|---:|---:|---:|"
for row in "${rows[@]}"; do
  awk -F'|' '{printf "| %s | %.0f | %.0f | %.2f |\n", $1, $2, $3, $2 / $3}' <<<"$row"
done
echo
echo "Medians of $runs alternating runs over $files files of 500 x 375, $(day_and_machine). A ratio above 1 is in candor's favour; no decoded pixel is kept from one epoch to the next."
