// SPDX-License-Identifier: Apache-2.0
// report.html: one page without scripts and without anything from elsewhere. Every text that comes
// from data or configuration goes through escape_html().
#include <fmt/format.h>

#include <algorithm>

#include "core/config/metric_list.h"
#include "core/metrics/report_charts.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kMostGroupRows = 100;

constexpr const char* kCss = R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5d6b7c;--line:#e2e6eb;--main:#2563b8;
--good:#1d7a46;--bad:#b42318;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2028;--ink:#e6eaf0;
--soft:#98a5b5;--line:#2b3440;--main:#6ea8f5;--good:#5cc48a;--bad:#f58478}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:26px;margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:32px 0 10px}
.facts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:6px 0 18px;padding:0;color:var(--soft);
list-style:none}
.facts b{color:var(--ink);font-weight:600;overflow-wrap:anywhere}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:10px}
.card{padding:6px 16px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 10px 7px 0;text-align:left;border-bottom:1px solid var(--line);
white-space:nowrap}
tr:last-child>td,tr:last-child>th{border-bottom:0}
th{color:var(--soft);font-weight:500;font-size:13px}
.n{text-align:right;padding-right:18px}
td .soft{display:block}
td.v{text-align:right;font-weight:600;padding-right:18px}
td.m{white-space:normal}
td.m,.note,.soft{color:var(--soft);font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px;
margin-top:16px}
figure{margin:0;padding:14px 16px}
figure.wide{grid-column:1/-1}
figcaption{font-weight:600;margin-bottom:8px}
figure svg{display:block;width:100%;max-width:460px;margin:auto}
.note{margin:6px 0 0}
.bar{width:240px;height:14px;display:block}
.track{stroke:var(--line);stroke-width:3;stroke-linecap:round}
.span{fill:var(--main);opacity:.4}
.dot{fill:var(--main)}
.grid{stroke:var(--line)}
.tick,.axis{fill:var(--soft);font-size:11px}
.fill{fill:var(--main);opacity:.3}
.point{fill:var(--main);opacity:.4}
.diagonal{fill:none;stroke:var(--soft);stroke-dasharray:4 4}
.curve{fill:none;stroke:var(--c);stroke-width:2}
.key{color:var(--ink);white-space:nowrap;margin-right:8px}
.key::before{content:"";display:inline-block;width:14px;height:3px;margin-right:5px;
vertical-align:middle;background:var(--c);border-radius:2px}
.c0,.k0{--c:var(--main)}.c1,.k1{--c:#e07b2f}.c2,.k2{--c:#2a9d6f}.c3,.k3{--c:#c94f6d}
.c4,.k4{--c:#8a63d2}
.c5,.k5{--c:#a1793f}.c6,.k6{--c:#d45fb4}.c7,.k7{--c:#7c8794}.c8,.k8{--c:#a8a52c}
.c9,.k9{--c:#28a9bd}
.scroll{overflow-x:auto}
.matrix{width:auto;margin:auto;border-collapse:separate;border-spacing:3px}
.matrix th,.matrix td{border:0;padding:5px 9px;text-align:right}
.matrix td{border-radius:5px;min-width:44px}
.matrix td.right{background:color-mix(in srgb,var(--main) var(--s),var(--card))}
.matrix td.wrong{background:color-mix(in srgb,var(--bad) var(--s),var(--card))}
.matrix td.full{color:var(--card)}
.gate{display:inline-block;min-width:46px;text-align:center;border-radius:5px;padding:0 7px;
font-weight:600;font-size:13px;color:var(--card)}
.pass{background:var(--good)}.fail{background:var(--bad)}
footer{margin-top:28px;color:var(--soft);font-size:13px}
@media print{body{background:#fff}.card,figure{break-inside:avoid}}
)css";

std::string fact(const std::string& name, const std::string& value) {
  if (value.empty()) return {};
  return "<li>" + name + " <b>" + escape_html(value) + "</b></li>";
}

std::string header(const Report& report) {
  const auto title = escape_html(report.model.empty() ? "Evaluation" : report.model);
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  return "<h1>" + title + "</h1><ul class=\"facts\">" + fact("split", report.split) +
         fact(unit, with_thousands(report.count)) + fact("weighted by", report.weight_column) +
         fact("model", report.digest.substr(0, 12)) +
         fact("intervals", percent_text(report.confidence)) + "</ul>\n";
}

// Where a metric's bar ends: at its largest possible value, else a little past what is shown.
double axis_end(const Metric& metric) {
  const auto* info = find_metric_info(metric.name);
  const auto bounded = info == nullptr || info->highest <= 1.0;
  return bounded ? 1.0 : 1.15 * metric.high.value_or(metric.value.value_or(0.0));
}

std::string metric_row(const Metric& metric) {
  const auto* arrow = metric.higher_is_better ? "higher is better" : "lower is better";
  // A bar begins at 0.
  const bool below_zero = metric.low.value_or(metric.value.value_or(0.0)) < 0.0;
  return fmt::format(
      "<tr><td title=\"{}\">{}</td><td class=\"v\">{}</td><td>{}</td><td>{}</td>"
      "<td class=\"m\">{}</td></tr>\n",
      arrow, escape_html(metric.name), value_text(metric), interval_text(metric),
      below_zero ? "" : interval_bar(metric, axis_end(metric)),
      escape_html(metric.value ? metric.method : metric.reason));
}

std::string metric_card(const std::vector<Metric>& metrics, double confidence) {
  auto text = "<div class=\"card\"><table><tr><th>metric</th><th class=\"n\">value</th><th>" +
              percent_text(confidence) + " interval</th><th></th><th>method</th></tr>\n";
  for (const auto& metric : metrics) text += metric_row(metric);
  return text + "</table></div>\n";
}

std::string metric_section(const Report& report) {
  return metric_card(report.metrics, report.confidence);
}

std::string baseline_section(const Report& report) {
  if (!report.baseline) return {};
  const auto& baseline = *report.baseline;
  const auto title = fmt::format("<h2>Baseline: {}-gram model</h2>", baseline.order);
  if (baseline.metrics.empty()) {
    return title + "<p class=\"note\">none: " + escape_html(baseline.reason) + "</p>\n";
  }
  auto metrics = baseline.metrics;
  metrics.push_back(baseline.gain);
  return title + metric_card(metrics, report.confidence) + "<p class=\"note\">" +
         escape_html(baseline.summary) + "</p>\n";
}

std::string gate_section(const Report& report) {
  if (report.gates.empty()) return {};
  std::string text = "<h2>Gates</h2><div class=\"card\"><table>\n";
  for (const auto& gate : report.gates) {
    std::string bounds;
    if (gate.min) bounds += fmt::format("min {:.6g} ", *gate.min);
    if (gate.max) bounds += fmt::format("max {:.6g}", *gate.max);
    text += fmt::format(
        "<tr><td><span class=\"gate {}\">{}</span></td><td>{}</td><td>{}</td>"
        "<td class=\"m\">{}</td></tr>\n",
        gate.passed ? "pass" : "fail", gate.passed ? "PASS" : "FAIL", escape_html(gate.metric),
        bounds, escape_html(gate.reason));
  }
  return text + "</table></div>\n";
}

std::string cell(const Metric& metric) {
  const auto interval = interval_text(metric);
  return fmt::format("<td>{} <span class=\"soft\">{}</span></td>", value_text(metric),
                     interval == "-" ? escape_html(metric.value ? "" : metric.reason) : interval);
}

std::string class_section(const Report& report) {
  if (report.per_class.empty()) return {};
  std::string text =
      "<h2>Classes</h2><div class=\"card\"><table><tr><th>class</th><th class=\"n\">rows</th>"
      "<th>precision</th><th>recall</th><th>F1</th></tr>\n";
  for (const auto& row : report.per_class) {
    text += "<tr><td>" + escape_html(shown(row.label, 40)) + "</td><td class=\"n\">" +
            with_thousands(row.count) + "</td>" + cell(row.precision) + cell(row.recall) +
            cell(row.f1) + "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string group_head(const GroupRow& group) {
  auto text = "<h2>By " + escape_html(group.column) +
              "</h2><div class=\"card\"><table><tr><th>value</th><th class=\"n\">rows</th>";
  for (const auto& metric : group.metrics) {
    auto name = metric.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    text += "<th>" + escape_html(name) + "</th>";
  }
  return text + "<th></th></tr>\n";
}

std::string group_row(const GroupRow& group) {
  auto text = "<tr><td>" + escape_html(shown(group.value, 40)) + "</td><td class=\"n\">" +
              with_thousands(group.count) + "</td>";
  for (const auto& metric : group.metrics) text += cell(metric);
  const auto small = !group.metrics.empty() && group.metrics[0].reason == "fewer than 30 rows";
  return text + "<td class=\"m\">" + (small ? "fewer than 30 rows" : "") + "</td></tr>\n";
}

std::string group_sections(const Report& report) {
  std::string text;
  for (std::size_t begin = 0; begin < report.groups.size();) {
    const auto& column = report.groups[begin].column;
    text += group_head(report.groups[begin]);
    auto end = begin;
    for (; end < report.groups.size() && report.groups[end].column == column; ++end) {
      if (end - begin < kMostGroupRows) text += group_row(report.groups[end]);
    }
    text += "</table></div>\n";
    if (end - begin > kMostGroupRows) {
      text += fmt::format("<p class=\"note\">{} more values in report.json</p>\n",
                          end - begin - kMostGroupRows);
    }
    begin = end;
  }
  return text;
}

std::string charts(const Report& report, const Scored& scored) {
  std::string figures;
  switch (scored.kind) {
    case OutputKind::classification:
      figures = reliability_chart(scored) + roc_chart(scored) + confusion_chart(report);
      break;
    case OutputKind::regression: figures = prediction_chart(scored) + residual_chart(scored); break;
    case OutputKind::language_model: figures = loss_chart(scored); break;
  }
  return figures.empty() ? figures : "<div class=\"charts\">" + figures + "</div>\n";
}

}  // namespace

std::string report_html(const Report& report, const Scored& scored) {
  const auto title = escape_html(report.model.empty() ? "Evaluation" : report.model);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'\"><title>" +
         title + "</title><style>" + kCss + "</style></head><body><main>\n" + header(report) +
         metric_section(report) + baseline_section(report) + gate_section(report) +
         charts(report, scored) + class_section(report) + group_sections(report) +
         "<footer>candor · the same numbers are in report.json</footer></main></body></html>\n";
}

}  // namespace candor
