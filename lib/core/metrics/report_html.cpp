// SPDX-License-Identifier: Apache-2.0
// report.html. Every text that comes from data or configuration goes through escape_html().
#include <fmt/format.h>

#include <algorithm>

#include "core/config/metric_list.h"
#include "core/metrics/curve_chart.h"
#include "core/metrics/page.h"
#include "core/metrics/report_charts.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kMostGroupRows = 100;

std::string header(const Report& report) {
  const auto title = escape_html(report.model.empty() ? "Evaluation" : report.model);
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  return "<h1>" + title + "</h1><ul class=\"facts\">" + page_fact("split", report.split) +
         page_fact(unit, with_thousands(report.count)) +
         page_fact("weighted by", report.weight_column) +
         page_fact("model", report.digest.substr(0, 12)) +
         page_fact("intervals", percent_text(report.confidence)) + "</ul>\n";
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

// Both losses over the updates of the run that made the model.
std::string training_chart(const History& history) {
  std::vector<Curve> curves;
  curves.push_back({"training", 0, history.series("train/loss"), /*noisy=*/true});
  curves.push_back({"validation", 1, history.series("validation/loss")});
  return curve_chart({"Training", "step", "loss", std::nullopt}, curves);
}

std::string charts(const Report& report, const Scored& scored, const History& history) {
  std::string figures = training_chart(history);
  switch (scored.kind) {
    case OutputKind::classification:
      figures += reliability_chart(scored) + roc_chart(scored) + confusion_chart(report);
      break;
    case OutputKind::regression:
      figures += prediction_chart(scored) + residual_chart(scored);
      break;
    case OutputKind::language_model: figures += loss_chart(scored); break;
  }
  return figures.empty() ? figures : "<div class=\"charts\">" + figures + "</div>\n";
}

}  // namespace

std::string report_html(const Report& report, const Scored& scored, const History& history) {
  return html_page(report.model.empty() ? "Evaluation" : report.model,
                   header(report) + metric_section(report) + baseline_section(report) +
                       gate_section(report) + charts(report, scored, history) +
                       class_section(report) + group_sections(report),
                   "the same numbers are in report.json");
}

}  // namespace candor
