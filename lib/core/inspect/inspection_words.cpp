// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/inspection_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::pair<const char*, const char*> kDelimiters[] = {
    {"\t", "tab"}, {",", "comma"}, {";", "semicolon"}, {"|", "bar"}};

}  // namespace

std::string figure(double value) {
  const double size = std::abs(value);
  if (size != 0.0 && (size < 1e-4 || size >= 1e15)) return fmt::format("{:.6g}", value);
  const int magnitude = size == 0.0 ? 0 : static_cast<int>(std::floor(std::log10(size)));
  auto text = fmt::format("{:.{}f}", size, std::clamp(5 - magnitude, 0, 10));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  for (auto at = std::min(text.find('.'), text.size()); at > 3;) text.insert(at -= 3, ",");
  return (value < 0.0 && text != "0" ? "-" : "") + text;
}

std::string findings_line(const Inspection& inspection) {
  if (inspection.findings.empty()) return "no findings";
  std::string line;
  for (const auto severity : {Severity::error, Severity::warning, Severity::note}) {
    const auto count =
        std::count_if(inspection.findings.begin(), inspection.findings.end(),
                      [&](const Finding& finding) { return finding.severity == severity; });
    if (count == 0) continue;
    line += (line.empty() ? "" : ", ") + std::to_string(count) + " " + severity_word(severity) +
            (count == 1 ? "" : "s");
  }
  return line;
}

std::string severity_word(Severity severity) {
  constexpr std::array kWords = {"error", "warning", "note"};
  return kWords[static_cast<std::size_t>(severity)];
}

std::string fact_name(const std::string& name) {
  auto text = name;
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string fact_value(const Json& value) {
  if (value.is_number_integer()) return with_thousands(value.get<std::int64_t>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  for (const auto& [text, name] : kDelimiters) {
    if (value == text) return name;
  }
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  for (const auto& entry : value) text += (text.empty() ? "" : ", ") + fact_value(entry);
  return text;
}

std::string values_line(const ColumnReport& column) {
  if (column.numbers) {
    const auto& numbers = *column.numbers;
    return figure(numbers.least) + " to " + figure(numbers.most) + ", median " +
           figure(numbers.quantiles[2]);
  }
  if (column.kind == ColumnKind::text) {
    return fmt::format("{:.0f} bytes in the mean, {} at most", column.mean_length, column.longest);
  }
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(column.top.size(), 3); ++i) {
    const auto& value = column.top[i];
    text +=
        (text.empty() ? "" : ", ") + shown(value.value, 24) + " " +
        fmt::format("{:.0f} %", 100.0 * static_cast<double>(value.rows) /
                                    static_cast<double>(std::max<std::int64_t>(column.values, 1)));
  }
  return text;
}

std::string distinct_text(const ColumnReport& column) {
  return (column.distinct_exact ? "" : "about ") + with_thousands(column.distinct);
}

std::string command_words(const Finding& finding) {
  std::string text;
  for (const auto& word : finding.config) text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

}  // namespace candor
