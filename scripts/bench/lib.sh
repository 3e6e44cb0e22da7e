# SPDX-License-Identifier: Apache-2.0
# What the measurements share. Sourced, never run; the caller has set -euo pipefail and stands in the root of the project.
# shellcheck shell=bash disable=SC2034

export LC_ALL=C.UTF-8
peers=${CANDOR_PEERS:-${CANDOR_CACHE:-$HOME/.cache/candor}/peers}
python=$peers/bin/python

fail() {
  echo "error: $1" >&2
  exit 1
}

# need_program FILE WORD: the program that is measured; WORD says what else names it.
need_program() { [[ -x $1 ]] || fail "no program at $1: build first (scripts/test.sh -N), or $2"; }

# need_peers PACKAGE...: the peers' Python environment, and what goes into it.
need_peers() {
  [[ -x $python ]] || fail "no Python for the peers at $python: python3 -m venv $peers && $peers/bin/pip install $*"
}

# need_count NAME VALUE
need_count() { [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "$1 is '$2'; it must be a whole number from 1 on"; }

median() {
  printf '%s\n' "$@" | sort -g | awk '{v[NR] = $1} END {
    print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

# number KEY: the value of a key of the JSON line on stdin.
number() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p"; }

# measure NAME KEY COMMAND...: the number under KEY that the command prints, or the end of the measurement.
measure() {
  local name=$1 key=$2 value
  shift 2
  value=$("$@" | number "$key") || fail "$name failed"
  [[ -n $value ]] || fail "$name printed no $key"
  echo "  $name: $value" >&2
  echo "$value"
}

# Day and processor, for the line under a table.
day_and_machine() { echo "$(date -u +%Y-%m-%d), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"; }
