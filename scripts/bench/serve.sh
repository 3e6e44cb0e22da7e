#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests per second of `candor serve` beside FastAPI + uvicorn + PyTorch: an MLP 105-512-256-2, one row a
# request on the TF Serving route, 1,000 different bodies in turn, 16 connections, no response cache,
# alternating in one run, medians of RUNS. Prints a Markdown table; progress goes to stderr.
#
#   scripts/bench/serve.sh [BIN_DIR] [MODEL]
#
# BIN_DIR (build/release/bin) has the candor programs. MODEL is a run or model directory of configs/adult.json;
# without one it is trained first. Environment: RUNS (5), SECONDS_EACH (10), CONNECTIONS (16), DATA (the folder
# with adult.data and adult.test), CANDOR_PEERS (the peers' Python environment).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=lib.sh
source scripts/bench/lib.sh

bin=${1:-build/release/bin}
model=${2:-}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-10}
connections=${CONNECTIONS:-16}
data=${DATA:-../shared/data/adult}

need_program "$bin/candor" "give its folder"
need_peers fastapi 'uvicorn[standard]' torch==2.11.0
[[ -r $data/adult.test ]] || fail "no adult.test in $data: scripts/get_data.sh says where it comes from; set DATA"
command -v wrk >/dev/null || fail "wrk is missing: apt-get install wrk"
need_count RUNS "$runs"

work=$(mktemp -d)
server=
stop_server() {
  [[ -z $server ]] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  server=
}
trap 'stop_server; rm -rf "$work"' EXIT

if [[ -z $model ]]; then
  model=$work/model
  echo "training configs/adult.json for the measurement" >&2
  "$bin/candor" train configs/adult.json 'model.hidden=[512,256]' train.epochs=2 'evaluate.gates={}' \
    "data.files.train=$(realpath "$data")/adult.data" "data.files.test=$(realpath "$data")/adult.test" \
    --run "$model" >&2
fi

# 1,000 different rows of the test file as request bodies, a line each, without the target and the ignored weight.
awk -F', *' 'NR == 1 {for (i = 1; i <= NF; ++i) name[i] = $i; columns = NF; next}
  NF == columns && count < 1000 {
    line = ""
    for (i = 1; i < columns; ++i) {
      if (name[i] == "fnlwgt") continue
      value = $i == "?" ? "null" : $i ~ /^-?[0-9]+$/ ? $i : "\"" $i "\""
      line = line (line == "" ? "" : ", ") "\"" name[i] "\": " value
    }
    if (seen[line]++) next
    print "{\"instances\": [{" line "}]}"
    ++count
  }' "$data/adult.test" >"$work/bodies"
[[ $(wc -l <"$work/bodies") -eq 1000 ]] || fail "$data/adult.test gives fewer than 1,000 different rows"

# Inputs of the first layer, and what the peer runs on.
width=$("$python" - "$model" <<'END'
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
stage = json.loads(((path / "model" if (path / "model").is_dir() else path) / "preprocess.json").read_text())["tensor"]
print(len(stage["mean"]) + len(stage["indicators"]) + len(stage["one_hot_column"]))
END
)
versions=$("$python" -c '
import importlib.metadata as m
print(", ".join(f"{name} {m.version(name)}" for name in ("fastapi", "uvicorn", "uvloop", "httptools", "torch")))') ||
  fail "the peer lacks uvloop or httptools, which make it faster: $peers/bin/pip install 'uvicorn[standard]'"

wait_for() { # URL
  for ((i = 0; i < 600; ++i)); do
    curl -fsS -o /dev/null "$1" 2>/dev/null && return
    kill -0 "$server" 2>/dev/null || fail "the server ended: $(tail -3 "$work/log")"
    sleep 0.1
  done
  fail "the server does not answer: $(tail -3 "$work/log")"
}

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Prints "requests/s p50 p99 errors".
load() { # URL
  local script=scripts/bench/serve.lua
  BODIES=$work/bodies wrk -t1 -c"$connections" -d2 -s "$script" "$1" >/dev/null
  BODIES=$work/bodies wrk -t1 -c"$connections" -d"$seconds" -s "$script" "$1" | sed -n 's/^result //p'
}

measure_candor() {
  local port
  port=$(free_port)
  "$bin/candor" serve "adult=$model" --port "$port" >"$work/log" 2>&1 &
  server=$!
  wait_for "http://127.0.0.1:$port/v2/health/ready"
  load "http://127.0.0.1:$port/v1/models/adult:predict" >"$work/result"
  stop_server
}

measure_peer() { # FLAGS...
  local port
  port=$(free_port)
  "$python" scripts/bench/peers/serve_fastapi.py --data "$data/adult.data" --port "$port" "$@" >"$work/log" 2>&1 &
  server=$!
  wait_for "http://127.0.0.1:$port/v2/health/ready"
  load "http://127.0.0.1:$port/v1/models/adult:predict" >"$work/result"
  stop_server
}
measure_tuned() { measure_peer; }
measure_plain() { measure_peer --plain; }

for ((run = 1; run <= runs; ++run)); do
  for who in candor tuned plain; do
    "measure_$who"
    read -r rate p50 p99 errors <"$work/result" || fail "wrk gave no result for $who"
    [[ $errors == 0 ]] || fail "$who answered $errors requests with an error"
    echo "run $run of $runs, $who: $rate requests/s, p50 $p50 ms, p99 $p99 ms" >&2
    echo "$rate $p50 $p99" >>"$work/$who"
  done
done

median() { # FILE COLUMN
  awk -v column="$2" '{print $column}' "$work/$1" | sort -g |
    awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

echo "| server | requests/s | p50 ms | p99 ms | candor / it |"
echo "|---|---:|---:|---:|---:|"
ours=$(median candor 1)
print_row() { # TITLE WHO
  local rate
  rate=$(median "$2" 1)
  echo "| $1 | $rate | $(median "$2" 2) | $(median "$2" 3) | $(awk "BEGIN {printf \"%.1f\", $ours / $rate}") |"
}
print_row "candor serve" candor
print_row "FastAPI + PyTorch, tuned (uvloop, httptools, one thread)" tuned
print_row "FastAPI + PyTorch, plain (uvicorn alone, def endpoint)" plain
echo
echo "candor's model has $width inputs, the peer's 105; peer: $versions."
echo "Medians of $runs alternating runs of $seconds s, $connections connections, $(nproc) cores shared with wrk, $(day_and_machine)."
