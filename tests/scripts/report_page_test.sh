#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Opens the pages of reports and comparisons in a headless Chromium at 400 and 1400 pixels: no
# message on the console, nothing wider than the window, every drawing has a size.
#   report_page_test.sh BIN [FOLDER]   FOLDER keeps the pages and screenshots; exit 77: no Chromium
set -euo pipefail
bin=$1
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
if ! browser=$(find_browser); then
  echo "no Chromium is installed" >&2
  exit 77
fi
if [[ ${2:-} ]]; then
  folder=$(realpath -m "$2")
  mkdir -p "$folder"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

# Rows that awk draws by a generator of its own, so that every awk gives the same.
rows() { # rows KIND SKILL
  awk -v kind="$1" -v skill="$2" '
    function uniform() { state = (state * 16807) % 2147483647; return state / 2147483647 }
    function noise() { return uniform() + uniform() + uniform() + uniform() - 2 }
    BEGIN {
      state = 20261130
      split("White Black Asian Other", races, " ")
      head = "id,label,score,sex,race"
      if (kind == "numbers") head = "id,label,prediction,region"
      if (kind == "classes") head = "id,label,p_setosa,p_versicolor,p_virginica"
      print head
      for (i = 0; i < 3000; ++i) {
        sex = uniform() < 0.4 ? "Female" : "Male"
        race = races[uniform() < 0.7 ? 1 : uniform() < 0.6 ? 2 : uniform() < 0.9 ? 3 : 4]
        x = noise() + (sex == "Male" ? 0.2 : -0.2)
        seen = x + noise() * (race == "Black" ? 1.4 : 1) / skill
        if (kind == "numbers") {
          printf "row%d,%.4f,%.4f,%s\n", i, 50 + 20 * x, 50 + 18 * seen, race
        } else if (kind == "classes") {
          truth = x < -0.3 ? "setosa" : x < 0.3 ? "versicolor" : "virginica"
          a = exp(-3 * seen); b = exp(1 - 3 * seen * seen); c = exp(3 * seen); sum = a + b + c
          printf "row%d,%s,%.8f,%.8f,%.8f\n", i, truth, a / sum, b / sum, c / sum
        } else if (kind == "deciles") {
          decile = int(5.5 + 3 * seen); if (decile < 1) decile = 1; if (decile > 10) decile = 10
          printf "row%d,%d,%d,%s,%s\n", i, (x + noise() / 2 > 0.3), decile, sex, race
        } else {
          printf "row%d,%d,%.6f,%s,%s\n", i, (x + noise() / 2 > 0.3), 1 / (1 + exp(1.2 - 4 * seen)), sex, race
        }
      }
    }'
}

for kind in scores numbers classes deciles; do rows $kind 1.5 >"$folder/$kind.csv"; done
rows scores 4 >"$folder/better.csv"
evaluate() { # evaluate NAME ARGUMENTS...
  local name=$1 code=0
  shift
  "$bin/candor-eval" --quiet --predictions "$folder/$name.csv" --out "$folder/$name" --overwrite "$@" >/dev/null || code=$?
  [[ $code == 0 || $code == 7 ]] || exit 1
}
evaluate scores --groups sex,race --threshold 0.4 '+evaluate.gates.roc_auc={"min":0.7}' '+evaluate.gates.accuracy={"min":0.99}'
evaluate numbers --groups region
evaluate classes
evaluate deciles --groups race --threshold 5
"$bin/candor-compare" "$folder/scores" "$folder/better.csv" "$folder/deciles.csv" --out "$folder/compare.html" --overwrite >/dev/null

faults=0
complain() {
  echo "$1" >&2
  faults=1
}
profile=$(mktemp -d)
chrome() {
  timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --user-data-dir="$profile" --allow-file-access-from-files --hide-scrollbars --enable-logging=stderr --v=0 "$@"
}

# A page around the page: measures what lies in it, since the page itself allows no scripts.
measure() { # measure PAGE WIDTH
  cat >"$folder/frame.html" <<HTML
<!doctype html><body style="margin:0"><iframe src="$1" style="border:0;width:$2px;height:2000px"></iframe><script>
addEventListener('load', () => {
  const page = document.querySelector('iframe').contentDocument;
  const drawings = [...page.querySelectorAll('svg')].filter(one => !one.closest('details:not([open])'));
  const flat = drawings.filter(one => one.getBoundingClientRect().width < 20 || one.getBoundingClientRect().height < 8);
  const wide = page.documentElement.scrollWidth > page.documentElement.clientWidth;
  document.body.textContent = 'MEASURED drawings=' + drawings.length + ' flat=' + flat.length + ' wide=' + wide +
    ' figures=' + page.querySelectorAll('figure').length + ';';
});
</script>
HTML
  chrome --window-size="$2,2000" --virtual-time-budget=5000 --dump-dom "file://$folder/frame.html" 2>/dev/null |
    grep -o 'MEASURED [^;]*' | tail -n 1 || true
}

check() { # check NAME PAGE DRAWINGS
  local width found drawings
  for width in 400 1400; do
    chrome --window-size="$width,2600" --screenshot="$folder/$1-$width.png" "file://$folder/$2" >/dev/null 2>"$folder/log.txt" ||
      complain "$1 at $width px: the browser failed: $(tail -n 3 "$folder/log.txt")"
    if grep -q 'CONSOLE' "$folder/log.txt"; then complain "$1 at $width px: $(grep CONSOLE "$folder/log.txt")"; fi
    found=$(measure "$2" "$width")
    drawings=$(sed -n 's/.*drawings=\([0-9]*\).*/\1/p' <<<"$found")
    if ((${drawings:-0} < $3)); then complain "$1 at $width px: ${drawings:-no} drawings, expected $3 at least"; fi
    [[ $found == *flat=0* ]] || complain "$1 at $width px: a drawing has no size ($found)"
    [[ $found == *wide=false* ]] || complain "$1 at $width px: wider than the window ($found)"
    echo "$1 at $width px: $found"
  done
}
check scores scores/report.html 20
check numbers numbers/report.html 5
check classes classes/report.html 8
check deciles deciles/report.html 10
check compare compare.html 5
rm -rf "$profile"
exit $faults
