// SPDX-License-Identifier: Apache-2.0
// report.md: the report in short, for the text of a pull request. Texts from data and configuration
// go through plain(), so that they stay text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/metrics/headline.h"
#include "core/metrics/report.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::ptrdiff_t kMostGroups = 12;  // of a column
constexpr std::size_t kMostSlices = 5;
constexpr std::array<std::string_view, 7> kGroupMetrics = {
    "accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "rmse",
    "mae",      "cross_entropy"};

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

std::string with_interval(const Metric& metric) {
  const auto interval = interval_text(metric);
  return interval == "-" ? value_text(metric) : value_text(metric) + " " + interval;
}

std::string heading(const Report& report) {
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  auto text = "## " + plain(report.model.empty() ? "Evaluation" : report.model) + "\n\n";
  if (!report.split.empty()) text += plain(report.split) + " · ";
  text += with_thousands(report.count) + " " + unit;
  if (!report.weight_column.empty()) text += " weighted by " + plain(report.weight_column);
  if (report.threshold) text += " · threshold " + plain(threshold_text(report));
  return text + " · " + percent_text(report.confidence) + " intervals\n";
}

std::string metric_table(const Report& report) {
  auto metrics = headline(report);
  if (metrics.empty()) metrics = report.metrics;
  std::string text = "\n| metric | value | interval |\n|---|---:|---|\n";
  for (const auto& metric : metrics) {
    text += fmt::format("| {} | {} | {} |\n", metric.name,
                        metric.value ? "**" + value_text(metric) + "**" : "-",
                        metric.value ? interval_text(metric) : plain(metric.reason));
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

using Rows = std::vector<GroupRow>;

std::string group_table(Rows::const_iterator begin, Rows::const_iterator end) {
  std::vector<std::size_t> drawn;
  for (std::size_t m = 0; m < begin->metrics.size(); ++m) {
    const auto& name = begin->metrics[m].name;
    if (std::find(kGroupMetrics.begin(), kGroupMetrics.end(), name) != kGroupMetrics.end()) {
      drawn.push_back(m);
    }
  }
  auto text = "\n### By " + plain(begin->column) + "\n\n| value | rows |";
  std::string line = "\n|---|---:|";
  for (const auto m : drawn) {
    text += " " + begin->metrics[m].name + " |";
    line += "---|";
  }
  text += line + "\n";
  const auto count = std::min<std::ptrdiff_t>(end - begin, kMostGroups);
  for (auto row = begin; row != begin + count; ++row) {
    text += "| " + plain(row->value, 40) + " | " + with_thousands(row->count) +
            (row->small ? " (few)" : "") + " |";
    for (const auto m : drawn) text += " " + with_interval(row->metrics[m]) + " |";
    text += "\n";
  }
  if (end - begin > count) {
    text += fmt::format("\n{} more values are in report.json.\n", end - begin - count);
  }
  return text;
}

// Crossed columns are left to the page.
std::string group_tables(const Report& report) {
  std::string text;
  for (auto begin = report.groups.begin(); begin != report.groups.end();) {
    auto end = begin;
    while (end != report.groups.end() && end->column == begin->column) ++end;
    if (!begin->crossed) text += group_table(begin, end);
    begin = end;
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

std::string provenance(const Report& report) {
  std::string text;
  if (report.decision) {
    for (const auto& line : report.decision->rule) text += "\n- " + plain(line, 200);
  }
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
  return heading(report) + metric_table(report) + gate_table(report) + group_tables(report) +
         slice_list(report) + provenance(report);
}

}  // namespace candor
