#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the public data sets that configs/ names but the repository does not carry, and unpacks the image archive
# into build/data/. Nothing is downloaded.
#
#   scripts/get_data.sh [FOLDER]    FOLDER holds the data sets (default: ../shared/data beside the checkout)
#
# Exit code 3 when a data set is missing or has another content than the figures in docs/benchmarks.md were taken on.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

folder=${1:-$root/../shared/data}
bad=0

# check CONFIG FILE SHA256 SOURCE
check() {
  local file=$folder/$2
  if [[ ! -f $file ]]; then
    say "missing: $2 (for $1); source: $4"
    bad=1
  elif ! sha256sum --status -c <<<"$3  $file"; then
    say "other content: $2 (for $1): SHA-256 differs; figures will not be comparable"
    bad=1
  else
    echo "ok: $2 (for $1)"
  fi
}

check configs/adult.json adult/adult.data 8207249b44b94e01e961b0d064eecf95ef2e0f5dc5994e83352dbfe0119eb201 \
  "UCI Machine Learning Repository, Adult (a header line was added)"
check configs/adult.json adult/adult.test 6c33ef695950e1e8212b1388b81e82bbcb071b5f0cc8235a60c9fb5f1fd91d7d \
  "UCI Machine Learning Repository, Adult (a header line was added)"
check configs/california.json california_housing/housing.csv \
  8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e "StatLib, California Housing, with ocean_proximity"
check configs/shakespeare.json shakespeare/input.txt 86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed \
  "the text known as tiny Shakespeare"
check "configs/sms.json configs/sms_transformer.json" sms_spam/SMSSpamCollection.tsv \
  7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d "UCI Machine Learning Repository, SMS Spam Collection"
check configs/cifar10.json cifar10/cifar10-images.tar.xz \
  b4d7b8d6d3be5dcfca6736969a71946cf4a1b1d83757a40659f5074c5a8f5cff "CIFAR-10 as JPEG files in class folders"

archive=$folder/cifar10/cifar10-images.tar.xz
images=$root/build/data/cifar10
if [[ -f $archive && ! -d $images ]]; then
  command -v xz >/dev/null || fail "xz is needed to unpack $archive; install xz-utils"
  rm -rf "$images.part"
  mkdir -p "$images.part"
  tar -xJf "$archive" -C "$images.part"
  mv "$images.part" "$images"
  echo "unpacked: $images"
fi
if [[ -d $images ]]; then
  echo "candor train configs/cifar10.json data.files.train=$images/train data.files.test=$images/test"
fi
((bad == 0)) || exit 3
