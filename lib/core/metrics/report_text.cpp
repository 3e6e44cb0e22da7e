// SPDX-License-Identifier: Apache-2.0
// The table for people: at most 100 columns wide.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/metrics/decisions.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/group_text.h"
#include "core/metrics/headline.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"

namespace candor {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kMostMatrixClasses = 20;
constexpr std::size_t kMostClassRows = 50;
constexpr std::size_t kMostGroupRows = 30;
constexpr std::size_t kLabelWidth = 18;
constexpr std::size_t kGateWidth = 56;
constexpr std::size_t kLongestReason = 1000;

std::string heading(const Report& report, const TextStyle& style) {
  std::string title = shown(report.model.empty() ? "model" : report.model, 40);
  std::string rest;
  if (!report.split.empty()) rest += " · " + shown(report.split, 40);
  const auto* unit = report.kind == OutputKind::language_model ? "tokens" : "rows";
  rest += fmt::format(" · {} {}", with_thousands(report.count), unit);
  if (!report.weight_column.empty()) {
    rest += " weighted by " + shown(report.weight_column, kLabelWidth);
  }
  if (report.labels.size() == 2) rest += " · positive " + shown(report.labels[1], kLabelWidth);
  if (!report.digest.empty()) rest += " · " + report.digest.substr(0, 12);
  const auto decided =
      report.decided_by.empty() ? "" : "decided by " + shown(report.decided_by, 80) + "\n";
  return style.bold(title) + rest + "\n" + decided;
}

TextCells metric_cells(const Metric& metric) {
  return {metric.name, value_text(metric), interval_text(metric), method_text(metric)};
}

std::string metric_table(const Report& report, const TextStyle& style) {
  TextTable table{{'l', 'r', 'l', 'l'},
                  {{"metric", "value", percent_text(report.confidence) + " interval", "method"}}};
  for (const auto& metric : report.metrics) {
    if (!says_nothing_new(metric)) table.rows.push_back(metric_cells(metric));
  }
  return table.print(style);
}

// Lines of at most `most` columns.
std::string wrapped(const std::string& text, std::size_t most = kWidth) {
  std::string result;
  std::size_t width = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    const bool fits = width == 0 || width + 1 + display_width(word) <= most;
    if (width > 0) result += fits ? " " : "\n";
    width = (fits && width > 0 ? width + 1 : 0) + display_width(word);
    result += word;
    begin = end + 1;
  }
  return result + "\n";
}

// The same, each line set in below a gate's name.
std::string indented(const std::string& text) {
  const std::string margin(6, ' ');
  auto lines = margin + wrapped(text, kWidth - margin.size());
  for (auto at = lines.find('\n'); at + 1 < lines.size(); at = lines.find('\n', at + 1)) {
    lines.insert(at + 1, margin);
  }
  return lines;
}

std::string baseline_table(const Report& report, const TextStyle& style) {
  if (!report.baseline) return {};
  const auto& baseline = *report.baseline;
  const auto name = fmt::format("{}-gram baseline", baseline.order);
  if (baseline.metrics.empty()) return "\n" + wrapped(name + ": none: " + baseline.reason);
  TextTable table{{'l', 'r', 'l', 'l'},
                  {{name, "value", percent_text(report.confidence) + " interval", "method"}}};
  for (const auto& metric : baseline.metrics) table.rows.push_back(metric_cells(metric));
  table.rows.push_back(metric_cells(baseline.gain));
  return "\n" + table.print(style) + wrapped(baseline.summary);
}

std::string class_table(const Report& report, const TextStyle& style) {
  if (report.per_class.empty()) return {};
  TextTable table{{'l', 'r', 'l', 'l', 'l'}, {{"class", "rows", "precision", "recall", "f1"}}};
  for (const auto& row : report.per_class) {
    if (table.rows.size() > kMostClassRows) break;
    table.rows.push_back({shown(row.label, kLabelWidth), with_thousands(row.count),
                          with_interval(row.precision), with_interval(row.recall),
                          with_interval(row.f1)});
  }
  auto text = "\n" + table.print(style);
  if (report.per_class.size() > kMostClassRows) {
    text +=
        fmt::format("… {} more classes in report.json\n", report.per_class.size() - kMostClassRows);
  }
  return text;
}

std::string confusion_list(const Report& report, const TextStyle& style) {
  TextTable table{{'l', 'l', 'r'}, {{"most confused: true", "predicted", "rows"}}};
  for (const auto& pair : top_confusions(report, 15)) {
    table.rows.push_back({shown(report.labels[pair.truth], 40),
                          shown(report.labels[pair.predicted], 40), with_thousands(pair.count)});
  }
  return table.rows.size() == 1 ? std::string() : "\n" + table.print(style);
}

std::size_t widest_count(const Report& report) {
  std::size_t width = 1;
  for (const auto& row : report.confusion) {
    for (const auto count : row) width = std::max(width, with_thousands(count).size());
  }
  return width;
}

// Columns carry the labels cut to `cell`.
std::string confusion_table(const Report& report, const TextStyle& style) {
  const auto classes = report.labels.size();
  if (classes == 0 || report.count == 0 || report.confusion.empty()) return {};
  const auto room = (kWidth - kLabelWidth) / classes;
  const auto digits = widest_count(report);
  if (classes > kMostMatrixClasses || room < digits + 2) return confusion_list(report, style);
  const auto cell = std::min<std::size_t>(room - 2, std::max<std::size_t>(digits, 12));
  TextTable table;
  table.align.assign(classes + 1, 'r');
  table.align[0] = 'l';
  table.rows.push_back({"true \\ predicted"});
  for (const auto& label : report.labels) table.rows[0].push_back(shown(label, cell));
  for (std::size_t t = 0; t < classes; ++t) {
    table.rows.push_back({shown(report.labels[t], kLabelWidth - 2)});
    for (const auto count : report.confusion[t]) table.rows.back().push_back(with_thousands(count));
  }
  return "\n" + table.print(style);
}

// The first metric, a coverage or a share of answers, with its interval.
std::string decision_table(std::span<const GroupRow> groups, const TextStyle& style) {
  TextTable table{{'l', 'r'}, {{shown(groups[0].column, kLabelWidth), "rows"}}};
  for (const auto& metric : groups[0].metrics) {
    table.align.push_back('l');
    table.rows[0].push_back(metric.name);
  }
  table.align.push_back('l');
  table.rows[0].emplace_back("");
  for (const auto& group : groups.first(std::min(groups.size(), kMostGroupRows))) {
    TextCells cells = {shown(group.value, kLabelWidth), with_thousands(group.count)};
    for (const auto& metric : group.metrics) {
      cells.push_back(cells.size() == 2 ? with_interval(metric) : value_text(metric));
    }
    cells.emplace_back(group.small ? "small" : "");
    table.rows.push_back(std::move(cells));
  }
  auto text = "\n" + table.print(style);
  if (groups.size() <= kMostGroupRows) return text;
  return text + fmt::format("… {} more values in report.json\n", groups.size() - kMostGroupRows);
}

std::string decision_text(const Report& report, const TextStyle& style) {
  if (!report.decision) return {};
  std::string text = "\n" + style.bold("decisions") + "\n";
  for (const auto& line : decision_lines(*report.decision)) {
    text += wrapped(shown(line, kLongestReason));
  }
  for (const auto& groups : by_column(report.decision->groups)) {
    text += decision_table(groups, style);
  }
  return text;
}

// Name and limits of each gate, and below one that is not passed why.
std::string gate_lines(const Report& report, const TextStyle& style) {
  std::string text;
  std::size_t width = 0;
  for (const auto& gate : report.gates) {
    width = std::max(width, display_width(shown(gate.metric, kGateWidth)));
  }
  for (const auto& gate : report.gates) {
    const std::string mark = gate_mark(gate);
    text += fmt::format("{}  {}  {}\n", gate.passed ? style.good(mark) : style.bad(mark),
                        pad_right(shown(gate.metric, kGateWidth), width), gate_bounds(gate));
    if (!gate.passed) text += indented(shown(gate.reason, kLongestReason));
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string report_text(const Report& report, bool color) {
  const TextStyle style(color);
  return heading(report, style) + "\n" + metric_table(report, style) +
         decision_text(report, style) + baseline_table(report, style) + class_table(report, style) +
         confusion_table(report, style) + group_text(report, style) + gate_lines(report, style);
}

}  // namespace candor
