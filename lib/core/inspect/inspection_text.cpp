// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "core/inspect/inspection_words.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kWidest = 28;  // of a column's name

std::string painted(const std::string& text, Severity severity, bool color) {
  if (!color) return text;
  const char* code = severity == Severity::error     ? "31"
                     : severity == Severity::warning ? "33"
                                                     : "2";
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

std::string facts_lines(const Inspection& inspection) {
  std::string text = shown(inspection.name, 60) + ": " + inspection.kind + "\n";
  for (const auto& [name, value] : inspection.facts) {
    text += "  " + pad_right(fact_name(name), 22) + shown(fact_value(value), 100) + "\n";
  }
  return text;
}

std::string finding_lines(const Finding& finding, bool color) {
  auto text = painted(pad_right(severity_word(finding.severity), 9), finding.severity, color);
  if (!finding.column.empty()) text += shown(finding.column, kWidest) + ": ";
  text += shown(finding.text, 400) + "\n";
  if (!finding.config.empty()) text += "         -> " + shown(command_words(finding), 400) + "\n";
  if (!finding.advice.empty()) text += "         " + shown(finding.advice, 400) + "\n";
  return text;
}

std::string column_lines(const Inspection& inspection) {
  if (inspection.columns.empty()) return "";
  std::size_t width = 6;
  for (const auto& column : inspection.columns) {
    width = std::max(width, std::min(display_width(column.name), kWidest));
  }
  const bool predicts =
      std::any_of(inspection.columns.begin(), inspection.columns.end(),
                  [](const ColumnReport& column) { return column.predicts.has_value(); });
  std::string text = "\n" + pad_right("column", width) + "  type        " + pad_left("missing", 9) +
                     pad_left("distinct", 15) + (predicts ? "  tells" : "") + "  values\n";
  for (const auto& column : inspection.columns) {
    text += pad_right(shown(column.name, kWidest), width) + "  " +
            pad_right(kind_name(column.kind), 12) + pad_left(with_thousands(column.missing), 9) +
            pad_left(distinct_text(column), 15);
    if (predicts) {
      text += column.predicts ? fmt::format("{:5.0f} %", 100.0 * *column.predicts) : "       ";
    }
    text += "  " + values_line(column) + "\n";
  }
  if (predicts) text += "tells: share of the target that the column alone tells, out of fold\n";
  return text;
}

std::string class_lines(const Inspection& inspection) {
  if (inspection.classes.empty()) return "";
  constexpr std::size_t kMostShown = 20;
  std::string text = "\nclass                             rows\n";
  for (std::size_t i = 0; i < std::min(inspection.classes.size(), kMostShown); ++i) {
    const auto& value = inspection.classes[i];
    text += pad_right(shown(value.value, kWidest), kWidest) +
            pad_left(with_thousands(value.rows), 10) + "\n";
  }
  if (inspection.classes.size() > kMostShown) {
    text += "(" + std::to_string(inspection.classes.size() - kMostShown) + " more)\n";
  }
  return text;
}

}  // namespace

std::string inspection_text(const Inspection& inspection, bool color) {
  auto text = facts_lines(inspection) + class_lines(inspection) + column_lines(inspection) + "\n" +
              findings_line(inspection) + "\n";
  for (const auto& finding : inspection.findings) text += finding_lines(finding, color);
  if (!inspection.findings.empty()) {
    text += "->: words for candor train CONFIG that act on it\n";
  }
  return text;
}

}  // namespace candor
