// SPDX-License-Identifier: Apache-2.0
// report.md: the report in short, for the text of a pull request. Texts from data and configuration
// go through plain(), so that they stay text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>

#include "core/metrics/decisions.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/headline.h"
#include "core/metrics/report.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kMostGroups = 12;  // of a column
constexpr std::size_t kMostSlices = 5;
constexpr std::array<std::string_view, 8> kGroupMetrics = {
    "accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "rmse",
    "mae",      "cross_entropy",  "perplexity"};

// No markup, no HTML, no mention of people or other requests, no end of a table's cell or row.
std::string plain(const std::string& text, std::size_t width = 60) {
  std::string result;
  for (const char c : shown(text, width)) {
    if (std::string_view("\\`*_[]#|~").find(c) != std::string_view::npos) result += '\\';
    const auto* entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : nullptr;
    entity != nullptr ? result += entity : result += c;
    if (c == '@') result += "\u200b";  // "@name" would call somebody
  }
  return result;
}

std::string heading(const Report& report) {
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  auto text = "## " + plain(report.model.empty() ? "Evaluation" : report.model) + "\n\n";
  if (!report.split.empty()) text += plain(report.split) + " · ";
  text += with_thousands(report.count) + " " + unit;
  if (!report.weight_column.empty()) text += " weighted by " + plain(report.weight_column);
  if (report.labels.size() == 2) text += " · positive " + plain(report.labels[1]);
  if (!report.decided_by.empty()) text += " · decided by " + plain(report.decided_by, 100);
  return text + " · " + percent_text(report.confidence) + " intervals\n";
}

std::string interval_cell(const Metric& metric) {
  return metric.low ? interval_text(metric) : plain(metric.reason.empty() ? "-" : metric.reason);
}

std::string metric_table(const Report& report) {
  auto metrics = headline(report);
  if (metrics.empty()) metrics = report.metrics;
  std::string text = "\n| metric | value | interval |\n|---|---:|---|\n";
  for (const auto& metric : metrics) {
    text +=
        fmt::format("| {} | {} | {} |\n", metric.name,
                    metric.value ? "**" + value_text(metric) + "**" : "-", interval_cell(metric));
  }
  if (report.baseline && !report.baseline->summary.empty()) {
    text += "\n" + plain(report.baseline->summary, 400) + "\n";
  }
  return text;
}

std::string gate_table(const Report& report) {
  if (report.gates.empty()) return {};
  auto text = "\n### Gates\n\n" + gate_sentence(report) +
              "\n\n| gate | state | bound | value | why |\n|---|---|---|---:|---|\n";
  for (const auto& gate : report.gates) {
    text += fmt::format(
        "| {} | {} | {} | {} | {} |\n", plain(gate.metric), gate_mark(gate), gate_bounds(gate),
        gate.value ? fixed(*gate.value, decimals_for(*gate.value)) : "-", plain(gate.reason, 300));
  }
  return text;
}

// Of the metrics that are `drawn`, by their places. `head` stands above the values.
std::string group_table(const Report& report, const std::string& head,
                        std::span<const GroupRow> groups, const std::vector<std::size_t>& drawn) {
  auto text = "| " + head + " | " + group_unit(report.kind) + " |";
  std::string line = "\n|---|---:|";
  for (const auto m : drawn) {
    text += " " + groups[0].metrics[m].name + " |";
    line += "---|";
  }
  text += line + "\n";
  const auto count = std::min(groups.size(), kMostGroups);
  for (const auto& row : groups.first(count)) {
    text += "| " + plain(row.value, 40) + " | " + with_thousands(row.count) +
            (row.small ? " (few)" : "") + " |";
    for (const auto m : drawn) text += " " + with_interval(row.metrics[m]) + " |";
    text += "\n";
  }
  if (groups.size() > count) {
    text += fmt::format("\n{} more values are in report.json.\n", groups.size() - count);
  }
  return text;
}

std::string decision_list(const Report& report) {
  if (!report.decision) return {};
  std::string text = "\n### Decisions\n\n";
  for (const auto& line : decision_lines(*report.decision)) text += "- " + plain(line, 300) + "\n";
  for (const auto& groups : by_column(report.decision->groups)) {
    std::vector<std::size_t> all(groups[0].metrics.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    text += "\n" + group_table(report, plain(groups[0].column), groups, all);
  }
  return text;
}

// Crossed columns are left to the page.
std::string group_tables(const Report& report) {
  std::string text;
  for (const auto& groups : by_column(report.groups)) {
    if (groups[0].crossed) continue;
    std::vector<std::size_t> drawn;
    for (std::size_t m = 0; m < groups[0].metrics.size(); ++m) {
      const auto& name = groups[0].metrics[m].name;
      if (std::find(kGroupMetrics.begin(), kGroupMetrics.end(), name) != kGroupMetrics.end()) {
        drawn.push_back(m);
      }
    }
    text += "\n### By " + plain(groups[0].column) + "\n\n" +
            group_table(report, "value", groups, drawn);
  }
  return text;
}

std::string slice_list(const Report& report) {
  if (!report.slices || report.slices->worst.empty()) return {};
  std::string text = "\n### Worst slices\n\n";
  const auto& worst = report.slices->worst;
  for (std::size_t i = 0; i < std::min(worst.size(), kMostSlices); ++i) {
    const auto& slice = worst[i];
    std::string where;
    for (std::size_t c = 0; c < slice.columns.size(); ++c) {
      where += (c > 0 ? ", " : "") + slice.columns[c] + " = " + slice.values[c];
    }
    text += fmt::format("- {} ({} rows): {} {}, elsewhere {}\n", plain(where, 80),
                        with_thousands(slice.count), plain(report.slices->metric),
                        fixed(slice.value, decimals_for(slice.value)),
                        fixed(slice.rest, decimals_for(slice.rest)));
  }
  return text;
}

std::string fold_table(const Report& report) {
  if (!report.cross_validation) return {};
  const auto& folds = *report.cross_validation;
  std::string text = "\n### Cross-validation\n\n| metric | mean | interval |\n|---|---:|---|\n";
  for (const auto& metric : folds.metrics) {
    if (says_nothing_new(metric)) continue;
    text +=
        fmt::format("| {} | {} | {} |\n", metric.name, value_text(metric), interval_cell(metric));
  }
  return text + "\n" + plain(fold_sentence(folds), 300) + "\n";
}

std::string provenance(const Report& report) {
  std::string text;
  for (const auto& finding : report.findings) text += "\n- " + plain(finding, 300);
  if (!text.empty()) text = "\n### Notes\n" + text + "\n";
  text += "\n<sub>";
  if (!report.digest.empty()) text += "model " + plain(report.digest.substr(0, 12)) + " · ";
  if (report.data.is_array()) {
    for (const auto& file : report.data) {
      text += plain(file.value("name", "")) + " " + plain(file.value("sha256", "").substr(0, 12)) +
              " · ";
    }
  }
  return text + "candor</sub>\n";
}

}  // namespace

std::string report_markdown(const Report& report) {
  return heading(report) + metric_table(report) + decision_list(report) + gate_table(report) +
         fold_table(report) + group_tables(report) + slice_list(report) + provenance(report);
}

}  // namespace candor
