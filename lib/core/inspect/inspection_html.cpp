// SPDX-License-Identifier: Apache-2.0
// The page of an inspection. Every text that comes from the data goes through escape_html().
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/inspect/inspection_words.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr const char* kCss = R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#566375;--line:#e2e6eb;--main:#2563b8;
--error:#b42318;--warning:#8a5200;--note:#41566f;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2028;--ink:#e6eaf0;
--soft:#9fabba;--line:#2b3440;--main:#6ea8f5;--error:#f58478;--warning:#e8b45c;--note:#9fb4cc}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:26px;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;margin:32px 0 10px}
h3{font-size:16px;margin:0;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:6px 0 18px;padding:0;color:var(--soft);
list-style:none}
.facts b{color:var(--ink);font-weight:600;overflow-wrap:anywhere}
.list{display:grid;gap:10px;margin:0;padding:0;list-style:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.finding{border-left:5px solid var(--c)}
.finding p{margin:2px 0 6px;overflow-wrap:anywhere}.finding code+p{margin-top:8px}
.error{--c:var(--error)}.warning{--c:var(--warning)}.note{--c:var(--note)}
.severity{color:var(--c);font-weight:700}
code{display:block;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;background:var(--bg);
border-radius:6px;padding:5px 9px;overflow-wrap:anywhere;white-space:pre-wrap}
.columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(300px,100%),1fr));gap:12px;
margin:0;padding:0;list-style:none}
.kind{color:var(--soft);font-size:14px}
dl{display:grid;grid-template-columns:auto 1fr;gap:1px 14px;margin:8px 0 0;font-size:14px;
font-variant-numeric:tabular-nums}
dt{color:var(--soft)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
svg{display:block;width:100%;height:72px;margin-top:10px}
svg rect{fill:var(--main)}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:13px}
.bars{margin:10px 0 0;padding:0;list-style:none;font-size:14px}
.bars li{position:relative;display:flex;justify-content:space-between;gap:10px;padding:2px 6px;
margin-bottom:2px;border-radius:4px;overflow:hidden}
.bars i{position:absolute;inset:0 auto 0 0;background:var(--main);opacity:.2}
.bars span{position:relative;overflow-wrap:anywhere}
footer{margin-top:28px;color:var(--soft);font-size:14px}
@media print{body{background:#fff}.card{break-inside:avoid}}
)css";

std::string facts(const Inspection& inspection) {
  std::string text = "<ul class=\"facts\"><li>kind <b>" + inspection.kind + "</b></li>";
  if (inspection.target) {
    text += "<li>target <b>" + escape_html(shown(*inspection.target, 60)) + "</b></li>";
  }
  for (const auto& [name, value] : inspection.facts) {
    text += "<li>" + escape_html(fact_name(name)) + " <b>" +
            escape_html(shown(fact_value(value), 200)) + "</b></li>";
  }
  return text + "</ul>\n";
}

std::string finding_item(const Finding& finding) {
  const auto severity = severity_word(finding.severity);
  auto text = "<li class=\"card finding " + severity + "\"><p><span class=\"severity\">" +
              severity + "</span> ";
  if (!finding.column.empty()) {
    text += "<b>" + escape_html(shown(finding.column, 60)) + "</b> ";
  }
  text += escape_html(shown(finding.text, 600)) + "</p>";
  if (!finding.config.empty()) {
    text += "<code>" + escape_html(shown(command_words(finding), 1000)) + "</code>";
  }
  if (!finding.advice.empty()) {
    text += "<p class=\"kind\">" + escape_html(shown(finding.advice, 600)) + "</p>";
  }
  return text + "</li>\n";
}

std::string findings(const Inspection& inspection) {
  auto text = "<h2>Findings: " + findings_line(inspection) + "</h2>\n";
  if (inspection.findings.empty()) return text;
  text += "<ul class=\"list\">\n";
  for (const auto& finding : inspection.findings) text += finding_item(finding);
  return text +
         "</ul>\n<p class=\"kind\">The lines in the boxes are words for <b>candor train "
         "CONFIG</b> that act on what was found.</p>\n";
}

std::string bars(const std::vector<ValueCount>& values, std::int64_t of) {
  std::string text = "<ul class=\"bars\">";
  for (const auto& value : values) {
    const double share = 100.0 * static_cast<double>(value.rows) /
                         static_cast<double>(std::max<std::int64_t>(of, 1));
    text += fmt::format("<li><i style=\"width:{:.1f}%\"></i><span>{}</span><span>{}</span></li>",
                        share, escape_html(shown(value.value, 60)), with_thousands(value.rows));
  }
  return text + "</ul>";
}

// Bins of whole numbers begin and end between two of them.
std::string first_of_axis(const ColumnReport& column) {
  const double low = column.numbers->low;
  return figure(column.kind == ColumnKind::integer ? std::ceil(low) : low);
}
std::string last_of_axis(const ColumnReport& column) {
  const double high = column.numbers->high;
  return figure(column.kind == ColumnKind::integer ? std::floor(high) : high);
}

std::string histogram(const ColumnReport& column) {
  const auto& numbers = *column.numbers;
  if (numbers.histogram.empty()) return "";
  const auto most = *std::max_element(numbers.histogram.begin(), numbers.histogram.end());
  std::string text = fmt::format(
      "<svg viewBox=\"0 0 {} 60\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{} from "
      "{} to {}\">",
      10 * numbers.histogram.size(),
      numbers.skewed ? "histogram of the middle 98 % of the values" : "histogram",
      first_of_axis(column), last_of_axis(column));
  for (std::size_t i = 0; i < numbers.histogram.size(); ++i) {
    const double height = 60.0 * static_cast<double>(numbers.histogram[i]) /
                          static_cast<double>(std::max<std::int64_t>(most, 1));
    text += fmt::format("<rect x=\"{}\" y=\"{:.1f}\" width=\"9\" height=\"{:.1f}\"/>", 10 * i,
                        60.0 - height, height);
  }
  return text + fmt::format(
                    "</svg><div class=\"axis\"><span>{}</span><span>{}</span>"
                    "<span>{}</span></div>",
                    first_of_axis(column), numbers.skewed ? "middle 98 %" : "",
                    last_of_axis(column));
}

std::string row(const std::string& name, const std::string& value) {
  return "<dt>" + name + "</dt><dd>" + escape_html(value) + "</dd>";
}

std::string number_rows(const NumberReport& numbers) {
  const auto& q = numbers.quantiles;
  return row("range", figure(numbers.least) + " to " + figure(numbers.most)) +
         row("mean ± deviation", figure(numbers.mean) + " ± " + figure(numbers.deviation)) +
         row("5 % · 50 % · 95 %", figure(q[0]) + " · " + figure(q[2]) + " · " + figure(q[4])) +
         row("quartiles", figure(q[1]) + " · " + figure(q[3]));
}

std::string missing_text(const ColumnReport& column) {
  const auto rows = column.values + column.missing;
  auto text = with_thousands(column.missing);
  if (column.missing == 0 || rows == 0) return text;
  const double share = 100.0 * static_cast<double>(column.missing) / static_cast<double>(rows);
  return text + (share < 0.1 ? " (< 0.1 %)" : fmt::format(" ({:.1f} %)", share));
}

std::string column_item(const ColumnReport& column) {
  auto text = "<li class=\"card\"><h3>" + escape_html(shown(column.name, 80)) +
              "</h3><div class=\"kind\">" + kind_name(column.kind) + "</div><dl>" +
              row("missing", missing_text(column)) + row("distinct", distinct_text(column));
  if (column.predicts) {
    text += row("tells of the target", fmt::format("{:.0f} %", 100.0 * *column.predicts));
  }
  if (column.numbers) text += number_rows(*column.numbers);
  if (column.kind == ColumnKind::text) text += row("length", values_line(column));
  text += "</dl>";
  if (column.numbers) text += histogram(column);
  if (!column.top.empty()) text += bars(column.top, column.values);
  if (column.rare_values > 0) {
    text += fmt::format("<div class=\"kind\">and {} of fewer than {} rows each</div>",
                        with_thousands(column.rare_values), kFewestShown);
  }
  return text + "</li>\n";
}

std::string columns(const Inspection& inspection) {
  if (inspection.columns.empty()) return "";
  std::string text = "<h2>Columns</h2>\n<ul class=\"columns\">\n";
  for (const auto& column : inspection.columns) text += column_item(column);
  return text + "</ul>\n";
}

std::string classes(const Inspection& inspection) {
  if (inspection.classes.empty()) return "";
  constexpr std::size_t kMostShown = 50;
  auto values = inspection.classes;
  std::int64_t all = 0;
  for (const auto& value : values) all += value.rows;
  const auto more = values.size() > kMostShown ? values.size() - kMostShown : 0;
  if (more > 0) values.resize(kMostShown);
  return "<h2>Classes</h2>\n<div class=\"card\">" + bars(values, all) +
         (more > 0 ? "<div class=\"kind\">and " + std::to_string(more) + " more</div>" : "") +
         "</div>\n";
}

}  // namespace

std::string inspection_html(const Inspection& inspection) {
  const auto title = escape_html(shown(inspection.name, 100));
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\"><title>Inspection of " +
         title + "</title><style>" + kCss + "</style></head><body><main>\n<h1>" + title +
         "</h1>\n" + facts(inspection) + findings(inspection) + classes(inspection) +
         columns(inspection) +
         "<footer>candor inspect. Identifiers, dates and free text are not shown, and a category "
         "only where at least " +
         std::to_string(kFewestShown) + " rows share it.</footer></main></body></html>\n";
}

}  // namespace candor
