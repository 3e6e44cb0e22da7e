// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/printable.h"
#include "core/config/metric_list.h"

namespace candor {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// A whole share reads as one among its neighbours; rates stand in columns.
int metric_decimals(const Metric& metric) {
  const auto rate = metric.name.ends_with("_rate");
  return rate || *metric.value == 1.0 ? 4 : decimals_for(*metric.value);
}

// Commas into the digits before the point.
std::string separated(const std::string& number) {
  const auto first = number.find_first_of("0123456789");
  const auto point = std::min(number.find('.'), number.size());
  std::string result;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (i > first && i < point && (point - i) % 3 == 0) result += ',';
    result += number[i];
  }
  return result;
}

}  // namespace

std::string with_thousands(std::int64_t value) { return separated(std::to_string(value)); }

int decimals_for(double value) {
  const auto size = std::abs(value);
  if (size == 0.0) return 4;
  const auto digits = static_cast<int>(std::floor(std::log10(size)));
  if (digits >= 0) return std::max(0, 3 - digits);
  return std::min(8, 3 - digits);
}

std::string fixed(double value, int decimals) {
  const auto size = std::abs(value);
  if (size >= 1e15 || (size > 0.0 && size < 1e-6)) return fmt::format("{:.3e}", value);
  auto text = fmt::format("{:.{}f}", value, decimals);
  return size >= 9999.5 ? separated(text) : text;
}

std::string value_text(const Metric& metric) {
  return metric.value ? fixed(*metric.value, metric_decimals(metric)) : "-";
}

std::string interval_text(const Metric& metric) {
  if (!metric.value || !metric.low || !metric.high) return "-";
  const auto decimals = metric_decimals(metric);
  return "[" + fixed(*metric.low, decimals) + ", " + fixed(*metric.high, decimals) + "]";
}

std::string interval_or_reason(const Metric& metric) {
  return metric.value && metric.low ? interval_text(metric)
         : metric.reason.empty()    ? "-"
                                    : metric.reason;
}

std::string method_text(const Metric& metric) {
  if (!metric.value) return metric.reason;
  const bool refused = metric.method == "none" && !metric.reason.empty();
  return refused ? "none: " + metric.reason : metric.method;
}

std::string with_interval(const Metric& metric) {
  const auto interval = interval_text(metric);
  return interval == "-" ? value_text(metric) : value_text(metric) + " " + interval;
}

bool says_nothing_new(const Metric& metric) {
  return equals_accuracy(metric.name) || (metric.name == "top_5_accuracy" && !metric.value);
}

std::string percent_text(double confidence) { return fmt::format("{:.6g} %", 100.0 * confidence); }

const char* group_unit(OutputKind kind) {
  return kind == OutputKind::language_model ? "documents" : "rows";
}

std::string fold_sentence(const FoldMeans& folds) {
  const auto repeats = folds.repeats > 1 ? fmt::format(", {} times", folds.repeats) : "";
  return fmt::format(
      "Means over {} folds ({}{}): models of the same config, each trained without the rows that "
      "it "
      "is judged on. The model of this report is none of them.",
      folds.folds, folds.kind, repeats);
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string shown(std::string_view given, std::size_t width) {
  const auto text = one_line(given);
  const auto cut = display_width(text) > width;
  std::string result;
  std::size_t points = 0;
  for (const char c : text) {
    if (starts_code_point(c) && ++points > width - (cut ? 1 : 0)) break;
    result += c;
  }
  return cut ? result + "…" : result;
}

std::string pad_right(std::string text, std::size_t width) {
  const auto used = display_width(text);
  return used < width ? text.append(width - used, ' ') : text;
}

std::string pad_left(std::string text, std::size_t width) {
  const auto used = display_width(text);
  return used < width ? text.insert(0, width - used, ' ') : text;
}

std::string escape_html(std::string_view text) {
  std::string result;
  for (const char c : one_line(text)) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string breakable(std::string_view name) {
  std::string text;
  for (const char c : escape_html(name)) {
    text += c;
    if (c == '.' || c == '_' || c == '/' || c == '*') text += "<wbr>";
  }
  return text;
}

bool is_small(const GroupGaps& gaps, const std::string& group) {
  return std::find(gaps.small.begin(), gaps.small.end(), group) != gaps.small.end();
}

std::vector<Confused> top_confusions(const Report& report, std::size_t most) {
  std::vector<Confused> pairs;
  for (std::size_t t = 0; t < report.confusion.size(); ++t) {
    for (std::size_t p = 0; p < report.confusion[t].size(); ++p) {
      const auto count = report.confusion[t][p];
      if (t != p && count > 0) pairs.push_back({t, p, count});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Confused& a, const Confused& b) { return a.count > b.count; });
  pairs.resize(std::min(pairs.size(), most));
  return pairs;
}

}  // namespace candor
