#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Gets what the build needs: packages of Debian 12 or Ubuntu 24.04, and LibTorch. Silent when nothing is missing.
#
#   scripts/setup.sh            for the CPU (550 MB download)
#   scripts/setup.sh --cuda     with what a GPU needs (2.5 GB more)
#   scripts/setup.sh --quiet    errors only
#
# CANDOR_CACHE         where LibTorch goes (default: ~/.cache/candor)
# CANDOR_TORCH_DIR     a LibTorch 2.11.0 of your own; nothing is downloaded
# CANDOR_KEEP_WHEELS   set: downloaded archives are kept
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

kind=cpu
quiet=
libtorch=$CANDOR_CACHE/libtorch-$torch_version
wheels=$CANDOR_CACHE/wheels
lists=$root/scripts/lib

usage() { sed -n '3,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
tell() { [[ $quiet ]] || say "$*"; }

# ---- packages ----------------------------------------------------------------------------------

# Names of the packages that are needed and not installed.
missing_packages() {
  local wanted=(g++ cmake ninja-build ccache mold git ca-certificates curl pkg-config libspdlog-dev libfmt-dev
    libcxxopts-dev nlohmann-json3-dev catch2 libssl-dev libjpeg-dev libpng-dev libwebp-dev zlib1g-dev
    liblzma-dev libutf8proc-dev libpcre2-dev)
  # Stands for an older processor in the tests, which leave that out without it.
  if [[ ${CANDOR_TEST_TOOLS:-} && $(uname -m) == x86_64 ]]; then wanted+=(qemu-user); fi
  # Opens the pages of reports in the tests, which leave that out without one. Ubuntu's is a snap.
  if [[ ${CANDOR_TEST_TOOLS:-} ]] && grep -q '^ID=debian' /etc/os-release && ! find_browser >/dev/null; then
    wanted+=(chromium)
  fi
  if ! libtorch_ready; then
    wanted+=(unzip)
    find_pip >/dev/null || wanted+=(python3 python3-pip)
  fi
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 'libboost1.*-dev' 2>/dev/null || true)
  local package
  for package in "${wanted[@]}"; do
    grep -qx "ii  $package" <<<"$installed" || echo "$package"
  done
  # Any Boost from 1.74 on will do; the versions exclude each other, so an installed one stays.
  grep -qE '^ii  libboost1\.(7[4-9]|[89][0-9])-dev$' <<<"$installed" || boost_package
}

boost_package() {
  if grep -q '^VERSION_ID="12"' /etc/os-release && grep -q '^ID=debian' /etc/os-release; then
    echo libboost1.81-dev
  else
    echo libboost-dev
  fi
}

install_packages() {
  command -v dpkg-query >/dev/null || return 0 # not Debian or Ubuntu: CMake names what it lacks
  local packages=() as_root=() attempt log
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]} > 0)) || return 0
  local command="apt-get install -y --no-install-recommends ${packages[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root, run: $command"
    [[ -t 0 ]] || sudo -n true 2>/dev/null || fail "packages are missing and sudo wants a password; run: sudo $command"
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  tell "Installing ${#packages[@]} packages: ${packages[*]}"
  log=$(mktemp)
  for attempt in 1 2 3; do
    if ((attempt > 1)); then sleep $((attempt * 2)); fi
    # A repository of somebody else's that does not answer is no reason to stop here.
    "${as_root[@]}" apt-get update -qq >"$log" 2>&1 || true
    if "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >"$log" 2>&1; then
      rm -f "$log"
      return 0
    fi
  done
  tail -n 5 "$log" >&2
  rm -f "$log"
  fail "apt-get could not install the packages after 3 attempts (see above). Is there a network? Once it works, run this script again, or by hand: $command"
}

# ---- LibTorch ----------------------------------------------------------------------------------

# Every file that the build needs is there (or more, with --cuda).
libtorch_ready() {
  [[ -z ${CANDOR_TORCH_DIR:-} ]] || return 0
  local file needed=(torch/include/torch/headeronly/version.h torch/lib/libc10.so torch/lib/libtorch_cpu.so
    torch/lib/libgomp.so.1 nvidia/cu13/lib/libcudart.so.13 nvidia/cu13/lib/libcupti.so.13)
  if [[ $kind == cuda ]]; then
    needed+=(torch/lib/libtorch_cuda.so torch/lib/libc10_cuda.so nvidia/cudnn/lib/libcudnn.so.9
      nvidia/nccl/lib/libnccl.so.2)
  fi
  for file in "${needed[@]}"; do [[ -s $libtorch/$file ]] || return 1; done
}

check_own_libtorch() {
  local header=$CANDOR_TORCH_DIR/include/torch/headeronly/version.h found
  [[ -f $header ]] || fail "CANDOR_TORCH_DIR is $CANDOR_TORCH_DIR, which has no include/torch/headeronly/version.h: point it to the folder with LibTorch's include/ and lib/, or unset it"
  found=$(awk '/define TORCH_VERSION_(MAJOR|MINOR|PATCH)/ {printf "%s%s", dot, $3; dot = "."}' "$header")
  [[ $found == "$torch_version" ]] || fail "CANDOR_TORCH_DIR holds LibTorch $found; candor needs $torch_version"
}

check_disk() {
  local gigabytes=5 free folder=$CANDOR_CACHE
  if [[ $kind == cuda ]]; then gigabytes=12; fi
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  free=$(df -Pk "$folder" | awk 'NR == 2 {print $4}')
  ((free >= gigabytes * 1000000)) || fail "$CANDOR_CACHE has $((free / 1000000)) GB free; $gigabytes GB are needed. Free some, or put the cache elsewhere: CANDOR_CACHE=/some/folder scripts/setup.sh"
}

# The Python whose pip can download. It is only the downloader.
find_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      echo "$python"
      return 0
    fi
  done
  return 1
}

# wheel_of NAME==VERSION: the downloaded archive, if any.
wheel_of() {
  local stem=${1//-/_}
  compgen -G "$wheels/${stem/==/-}-*.whl" | head -n 1
}

# True when the archive of requirement line $1 is here, with the right content.
have_wheel() {
  local file
  file=$(wheel_of "${1%% *}") && [[ -n $file ]] || return 1
  sha256sum --status -c <<<"${1##*sha256:}  $file" || {
    rm -f "$file"
    return 1
  }
}

explain_download() { # explain_download NAME LOG
  if grep -qE 'DO NOT MATCH THE HASHES' "$2"; then
    fail "$1: the archive that the package index sent has another SHA-256 than the one in scripts/lib/libtorch-*.txt. Nothing was unpacked. A mirror may serve a changed file: set PIP_INDEX_URL to https://pypi.org/simple and run this script again"
  elif grep -qiE 'connection|resolve|resolution|timed? ?out|proxy|unreachable|SSLError' "$2"; then
    fail "$1: no network, or the package index does not answer. Run this script again when it does (what is complete is kept in $wheels), or set CANDOR_TORCH_DIR to a LibTorch $torch_version of your own"
  elif grep -q 'No space left' "$2"; then
    fail "$1: the disk is full. Free some space, or put the cache elsewhere with CANDOR_CACHE=/some/folder"
  fi
  grep -E 'ERROR' "$2" | tail -n 3 >&2
  fail "$1: pip could not download it (see above; whole log: $2)"
}

fetch_wheel() { # fetch_wheel REQUIREMENT_LINE PYTHON
  local name=${1%% *} log=$wheels/pip.log list=$wheels/wanted.txt attempt platform show=(--progress-bar off -q)
  if have_wheel "$1"; then return 0; fi
  tell "Downloading $name"
  if [[ -t 2 && ! $quiet ]]; then show=(); fi
  printf '%s\n' "$1" >"$list"
  local platforms=()
  for platform in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_18 manylinux2014 manylinux2010 manylinux1; do
    platforms+=(--platform "${platform}_x86_64")
  done
  for attempt in 1 2 3; do
    if ((attempt > 1)); then sleep $((attempt * 2)); fi
    rm -f "$log"
    if PIP_REQUIRE_VIRTUALENV=0 "$2" -m pip download --disable-pip-version-check --no-cache-dir --no-deps \
      --only-binary=:all: --python-version 3.11 "${platforms[@]}" --require-hashes --retries 2 --timeout 60 \
      "${show[@]}" --log "$log" -d "$wheels" -r "$list" >&2 2>"$wheels/pip.err"; then
      return 0
    fi
    cat "$wheels/pip.err" >>"$log"
    if grep -q 'DO NOT MATCH THE HASHES' "$log"; then break; fi
  done
  explain_download "$name" "$log"
}

unpack() { # unpack FOLDER REQUIREMENT_LINES...
  local folder=$1 line name parts
  shift
  for line in "$@"; do
    name=${line%%==*}
    parts=('nvidia/*' '*.dist-info/licenses/*' '*.dist-info/[Ll]icense*')
    case $kind:$name in
      *:torch) parts=('torch/include/*' 'torch/lib/*' torch/version.py '*.dist-info/LICENSE*' '*.dist-info/NOTICE*'
        '*.dist-info/licenses/*') ;;&
      cpu:torch) parts=('torch/include/*' torch/version.py torch/lib/lib{c10,torch_cpu}.so torch/lib/libgomp.so.1
        '*.dist-info/LICENSE*' '*.dist-info/NOTICE*' '*.dist-info/licenses/*') ;;
      cpu:*) parts=('nvidia/cu13/lib/libcudart.so.13' 'nvidia/cu13/lib/libcupti.so.13' '*.dist-info/[Ll]icense*'
        '*.dist-info/licenses/*') ;;
    esac
    # 11: a pattern that matches nothing, which is the case for some licence names.
    unzip -q -o "$(wheel_of "${line%% *}")" "${parts[@]}" -d "$folder" 2>/dev/null || (($? == 11)) ||
      fail "cannot unpack $name into $folder; is the disk full?"
  done
}

install_libtorch() {
  local python line lines=() part=$libtorch.part
  check_disk
  mkdir -p "$wheels"
  exec 9>"$CANDOR_CACHE/setup.lock"
  flock 9 # two checkouts may set up at once; the second finds everything done
  if libtorch_ready; then return 0; fi
  python=$(find_pip) || fail "python3 with pip is needed to download LibTorch; install python3-pip"
  mapfile -t lines < <(grep -hv '^#' "$lists/libtorch-cpu.txt")
  if [[ $kind == cuda ]]; then mapfile -t -O ${#lines[@]} lines < <(grep -hv '^#' "$lists/libtorch-cuda.txt"); fi
  for line in "${lines[@]}"; do fetch_wheel "$line" "$python"; done
  tell "Unpacking LibTorch $torch_version into $libtorch"
  rm -rf "$part"
  mkdir -p "$part"
  unpack "$part" "${lines[@]}"
  echo "$kind" >"$part/.complete"
  rm -rf "$libtorch.old"
  if [[ -d $libtorch ]]; then mv "$libtorch" "$libtorch.old"; fi
  mv "$part" "$libtorch"
  rm -rf "$libtorch.old"
  libtorch_ready || fail "LibTorch in $libtorch lacks files after unpacking; remove that folder and run this script again"
  [[ -n ${CANDOR_KEEP_WHEELS:-} ]] || rm -rf "$wheels"
}

# ------------------------------------------------------------------------------------------------

for argument in "$@"; do
  case $argument in
    --cuda) kind=cuda ;;
    --quiet) quiet=1 ;;
    --help | -h) usage && exit 0 ;;
    *) say "error: unknown argument '$argument'; allowed: --cuda, --quiet, --help" && exit 2 ;;
  esac
done
[[ $(uname -sm) == "Linux x86_64" ]] || fail "candor builds on Linux x86_64; this is $(uname -sm)"
install_packages
if [[ -n ${CANDOR_TORCH_DIR:-} ]]; then
  check_own_libtorch
elif ! libtorch_ready; then
  install_libtorch
fi
