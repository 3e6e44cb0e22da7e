#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole way, three times: a table, images and a text of the repository's own are trained, evaluated, exported and
# served from one process; one table shows what came out. Results stay in runs/demo-TIME/.
#
#   scripts/demo.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '3,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit 0; }
"$root/scripts/setup.sh"
cd "$root"
build_release "${programs[@]}"

candor=$build/bin/candor
out=runs/demo-$(date -u +%Y%m%dT%H%M%SZ)
families=(table images text)
declare -A config=([table]=breast_cancer [images]=digits [text]=text)
declare -A metric=([table]=accuracy [images]=accuracy [text]=bits_per_byte)
declare -A split=([table]=test [images]=test [text]=validation)
declare -A seconds answer
server=
mkdir -p "$out"

stop_server() {
  [[ -n $server ]] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap stop_server EXIT

# step NAME WORDS...: runs `candor WORDS`, stdout to NAME.json, stderr to NAME.log. A failure ends the demo and shows the log.
step() {
  local name=$1
  shift
  if ! "$candor" "$@" >"$out/$name.json" 2>"$out/$name.log"; then
    tail -n 10 "$out/$name.log" >&2
    fail "step $name failed: candor $* (whole log: $out/$name.log)"
  fi
}

# number FILE KEY: the first number after "KEY": in a JSON file; none ends the demo.
number() {
  tr -d '\n' <"$1" | grep -oE "\"$2\": *-?[0-9][-+0-9.eE]*" | head -n 1 | sed -E 's/.*: *//' | grep . ||
    fail "no number \"$2\" in $1"
}

# within FILE KEY: the flat object {...} after "KEY":, on one line.
within() {
  tr -d '\n' <"$1" | grep -oE "\"$2\": *\{[^{}]*\}" | head -n 1 || true
}

# first_string FILE KEY: the first string after "KEY": (also as the first element of an array); none, or an empty one,
# ends the demo.
first_string() {
  tr -d '\n' <"$1" | grep -oE "\"$2\": *\[?\[? *\"([^\"\\\\]|\\\\.)*\"" | head -n 1 | sed -E 's/^"[^"]*": *\[?\[? *"//; s/"$//' | grep . ||
    fail "no text \"$2\" in $1"
}

# metric_with_interval FAMILY: "accuracy 0.9720 [0.9301, 0.9891]".
metric_with_interval() {
  local value low high
  within "$out/eval-$1.json" "${metric[$1]}" >"$out/metric.json"
  value=$(number "$out/metric.json" value)
  low=$(number "$out/metric.json" low)
  high=$(number "$out/metric.json" high)
  rm "$out/metric.json"
  printf '%s %.4f [%.4f, %.4f]' "${metric[$1]}" "$value" "$low" "$high"
}

train_all() {
  local family start
  for family in "${families[@]}"; do
    phase "$family: training (configs/${config[$family]}.json)"
    start=$SECONDS
    step "train-$family" train "configs/${config[$family]}.json" --run "$out/$family" --json
    seconds[$family]=$((SECONDS - start))
    phase "$family: evaluation and export"
    step "eval-$family" eval "$out/$family" --split "${split[$family]}" --json
    step "export-$family" export "$out/$family" --format torchscript --out "$out/export-$family" --json
  done
}

start_server() {
  local tries
  phase "serving all three from one process"
  "$candor" serve "table=$out/table" "images=$out/images" "text=$out/text" --port 0 >"$out/serve.out" 2>"$out/serve.log" &
  server=$!
  for ((tries = 0; tries < 300; ++tries)); do
    address=$(cat "$out/serve.out" "$out/serve.log" | grep -oE 'http://127\.0\.0\.1:[0-9]+' | head -n 1 || true)
    if [[ -n $address ]]; then return; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 10 "$out/serve.log" >&2
  fail "the server did not start (whole log: $out/serve.log)"
}

# post NAME PATH: sends NAME.request.json, keeps NAME.answer.json.
post() {
  local status
  status=$(curl -sS --max-time 30 -o "$out/$1.answer.json" -w '%{http_code}' -H 'Content-Type: application/json' \
    --data-binary "@$out/$1.request.json" "$address$2") || fail "no answer from $address$2"
  [[ $status == 200 ]] || fail "$2 answered $status: $(head -c 300 "$out/$1.answer.json")"
}

# The first row of the table as KServe v2 inputs, one per column.
ask_table() {
  local names values i inputs=
  IFS=, read -r -a names < <(head -n 1 data/breast_cancer.csv | tr -d '\r')
  IFS=, read -r -a values < <(sed -n 2p data/breast_cancer.csv | tr -d '\r')
  for i in "${!names[@]}"; do
    if [[ ${names[i]} == diagnosis ]]; then continue; fi
    inputs+=",{\"name\":\"${names[i]}\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[${values[i]}]}"
  done
  printf '{"inputs":[%s]}' "${inputs#,}" >"$out/table.request.json"
  post table /v2/models/table/infer
  answer[table]="KServe v2: $(first_string "$out/table.answer.json" data)"
}

ask_images() {
  local image
  image=$(find data/digits/7 -name '*.png' | sort | head -n 1)
  printf '{"instances":[{"b64":"%s"}]}' "$(base64 -w 0 "$image")" >"$out/images.request.json"
  post images /v1/models/images:predict
  answer[images]="TF Serving: $(first_string "$out/images.answer.json" label) (a scan of a 7)"
}

ask_text() {
  printf '{"model":"text","prompt":"The harbour ","max_tokens":40,"temperature":0}' >"$out/text.request.json"
  post text /v1/completions
  answer[text]="OpenAI: The harbour $(first_string "$out/text.answer.json" text | sed 's/\\n/ /g')"
}

print_table() {
  local family result parameters parity format='%-7s  %-36s  %10s  %7s  %13s  %s\n'
  # shellcheck disable=SC2059
  printf "\n$format" model 'metric [95 % interval]' parameters seconds 'export parity' answer
  for family in "${families[@]}"; do
    result=$(metric_with_interval "$family")
    parameters=$(number "$out/train-$family.json" parameters)
    parity=$(number "$out/export-$family.json" max_difference)
    # shellcheck disable=SC2059
    printf "$format" "$family" "$result" "$parameters" "${seconds[$family]}" "$(printf '%.1e' "$parity")" "${answer[$family]}"
  done
}

train_all
start_server
ask_table
ask_images
ask_text
stop_server
print_table
cat <<END

Everything is in $out/. Export parity is the largest difference between the exported and the native model.
Try next:
  export PATH=$build/bin:\$PATH
  candor generate $out/text --prompt "Dear Ruth, "
  candor serve $out/table --port 8080
  candor init YOUR.csv --target COLUMN --output my.json && candor train my.json
END
