// SPDX-License-Identifier: Apache-2.0
// report.html. Every text that comes from data or configuration goes through escape_html().
#include <fmt/format.h>

#include <algorithm>

#include <candor/version.h>

#include "core/config/metric_list.h"
#include "core/metrics/curve_chart.h"
#include "core/metrics/decisions.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/headline.h"
#include "core/metrics/page.h"
#include "core/metrics/report_charts.h"
#include "core/metrics/report_examples.h"
#include "core/metrics/report_format.h"
#include "core/metrics/report_groups.h"

namespace candor {
namespace {

std::string header(const Report& report) {
  const auto title = escape_html(report.model.empty() ? "Evaluation" : report.model);
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  const auto positive = report.labels.size() == 2 ? shown(report.labels[1], 40) : "";
  auto text = "<h1>" + title + "</h1><ul class=\"facts\">" + page_fact("split", report.split) +
              page_fact(unit, with_thousands(report.count)) +
              page_fact("weighted by", report.weight_column) + page_fact("positive", positive) +
              page_fact("decided by", report.decided_by) +
              page_fact("model", report.digest.substr(0, 12)) +
              page_fact("intervals", percent_text(report.confidence)) + "</ul>\n";
  const auto verdict = gate_sentence(report);
  if (verdict.empty()) return text;
  return text + fmt::format("<p class=\"verdict\"><span class=\"gate {}\">{}</span> {}</p>\n",
                            report.passed() ? "pass" : "fail", report.passed() ? "PASS" : "FAIL",
                            verdict);
}

bool is_share(const Metric& metric) {
  // Of decisions, which the list does not have.
  if (metric.name.ends_with("_coverage") || metric.name.ends_with("answered")) return true;
  const auto* info = find_metric_info(metric.name);
  return info != nullptr && info->highest <= 1.0;
}

// A bar is from 0 to 1; other numbers have no end that a bar could be measured by.
bool has_bar(const Metric& metric) {
  return metric.value && is_share(metric) && metric.low.value_or(*metric.value) >= 0.0;
}

// `method`: a column that says how the interval was found.
std::string metric_row(const Metric& metric, bool method) {
  const auto* arrow = metric.higher_is_better ? "higher is better" : "lower is better";
  const auto interval = escape_html(metric.value ? interval_or_reason(metric) : "-");
  auto text = fmt::format(
      "<tr><td title=\"{0}\">{1}</td><td class=\"v\">{2}<span class=\"soft narrow\">{3}</span>"
      "</td><td class=\"wide\">{3}</td><td>{4}</td>",
      arrow, escape_html(metric.name), value_text(metric), interval,
      has_bar(metric) ? interval_bar(metric) : "");
  if (!method) return text + "</tr>\n";
  return text + "<td class=\"m\">" + escape_html(method_text(metric)) + "</td></tr>\n";
}

std::string metric_card(const std::vector<Metric>& metrics, double confidence, bool method = true) {
  const bool shares = std::any_of(metrics.begin(), metrics.end(), has_bar);
  const auto* scale = shares ? "<span class=\"scale\"><span>0</span><span>1</span></span>" : "";
  auto text =
      "<div class=\"card metrics\"><table><tr><th>metric</th><th class=\"n\">value</th>"
      "<th class=\"wide\">" +
      percent_text(confidence) + " interval</th><th>" + scale + "</th>" +
      (method ? "<th>method</th>" : "") + "</tr>\n";
  for (const auto& metric : metrics) text += metric_row(metric, method);
  return text + "</table></div>\n";
}

// What tells most, and below the fold everything.
std::string metric_section(const Report& report) {
  const auto first = headline(report);
  if (first.size() + 1 >= report.metrics.size() || first.empty()) {
    return metric_card(report.metrics, report.confidence);
  }
  return metric_card(first, report.confidence, /*method=*/false) +
         "<details><summary>All metrics, and how their intervals were found</summary>" +
         metric_card(report.metrics, report.confidence) + "</details>\n";
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

std::string decision_section(const Report& report) {
  if (!report.decision) return {};
  const auto& decision = *report.decision;
  std::string text = "<h2>Decisions</h2><div class=\"card\"><ul>\n";
  for (const auto& line : decision_rule_lines(decision)) {
    text += "<li>" + escape_html(line) + "</li>\n";
  }
  text += "</ul></div>\n";
  if (!decision.metrics.empty()) text += metric_card(decision.metrics, report.confidence);
  for (const auto& groups : by_column(decision.groups)) text += group_metric_table(groups);
  return text;
}

std::string fold_section(const Report& report) {
  if (!report.cross_validation) return {};
  const auto& folds = *report.cross_validation;
  auto metrics = folds.metrics;
  std::erase_if(metrics, says_nothing_new);
  return "<h2>Cross-validation</h2>" + metric_card(metrics, report.confidence) +
         "<p class=\"note\">" + escape_html(fold_sentence(folds)) + "</p>\n";
}

std::string gate_row(const GateResult& gate) {
  const std::string mark = gate_mark(gate);
  const auto number = [](double value) { return fixed(value, decimals_for(value)); };
  std::string bounds = gate.value ? number(*gate.value) : "-";
  if (gate.value && gate.low && gate.high) {
    bounds +=
        " <span class=\"soft\">[" + number(*gate.low) + ", " + number(*gate.high) + "]</span>";
  }
  return fmt::format(
      "<tr><td><span class=\"gate {}\">{}</span></td><td class=\"w\">{}</td><td>{}</td>"
      "<td>{}</td><td class=\"m\">{}</td></tr>\n",
      mark == "PASS"   ? "pass"
      : mark == "FAIL" ? "fail"
                       : "open",
      mark, breakable(gate.metric), gate_bounds(gate), bounds, escape_html(gate.reason));
}

std::string gate_section(const Report& report) {
  if (report.gates.empty()) return {};
  std::string text =
      "<h2>Gates</h2><div class=\"card gates\"><table><tr><th></th><th>gate</th><th>bound</th>"
      "<th>value</th><th>why</th></tr>\n";
  for (const auto& gate : report.gates) text += gate_row(gate);
  return text +
         "</table></div>\n<p class=\"note\">In brackets: bounds that each hold alone with the "
         "gate's confidence, so they are narrower than the interval above. A gate looks at one of "
         "them.</p>\n";
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
      figures += roc_chart(scored) + precision_recall_chart(scored) + reliability_chart(scored) +
                 confusion_chart(report);
      break;
    case OutputKind::regression:
      figures += prediction_chart(scored) + residual_chart(scored);
      break;
    case OutputKind::language_model: figures += loss_chart(scored); break;
  }
  return figures.empty() ? figures : "<div class=\"charts\">" + figures + "</div>\n";
}

std::string finding_section(const Report& report) {
  if (report.findings.empty()) return {};
  std::string text = "<h2>Data</h2><div class=\"card\"><ul>\n";
  for (const auto& finding : report.findings) text += "<li>" + escape_html(finding) + "</li>\n";
  return text + "</ul></div>\n";
}

std::string fact_row(const std::string& name, const std::string& value, const char* css) {
  if (value.empty()) return {};
  return "<tr><td>" + escape_html(name) + "</td><td class=\"" + css + "\">" + escape_html(value) +
         "</td></tr>\n";
}

// What was measured, on what.
std::string provenance_section(const Report& report) {
  auto rows = fact_row("model", report.digest, "hash");
  if (report.data.is_array()) {
    for (const auto& file : report.data) {
      if (!file.is_object()) continue;
      rows += fact_row(file.value("part", "") + ": " + file.value("name", ""),
                       file.value("sha256", ""), "hash");
    }
  }
  rows += fact_row("candor", CANDOR_VERSION, "w");
  return "<h2>Origin</h2><div class=\"card\"><table>" + rows + "</table></div>\n";
}

}  // namespace

std::string report_html(const Report& report, const Scored& scored, const History& history) {
  return html_page(
      report.model.empty() ? "Evaluation" : report.model,
      header(report) + metric_section(report) + decision_section(report) + fold_section(report) +
          baseline_section(report) + gate_section(report) + charts(report, scored, history) +
          class_section(report) + group_sections(report) + slice_section(report) +
          example_section(report, scored) + finding_section(report) + provenance_section(report),
      "the same numbers are in report.json");
}

}  // namespace candor
