// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/inspect/findings.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::int64_t kManyCategories = 50;
constexpr double kManyOutliers = 0.01;  // fewer are usual for any tail

bool concerns_people(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr const char* kKnown[] = {"sex",       "gender",   "race",
                                           "ethnicity", "religion", "nationality"};
  return std::any_of(std::begin(kKnown), std::end(kKnown),
                     [&](const char* known) { return name == known; });
}

// What is wrong with, or worth knowing of, one column that may be a feature.
class ColumnJudge {
 public:
  ColumnJudge(const ColumnLook& look, const ColumnReport& summary, std::vector<Finding>& into)
      : look_(look), summary_(summary), into_(into) {}

  void judge() {
    judge_kind();
    judge_missing();
    if (look_.is_mixed() && summary_.kind != ColumnKind::identifier) judge_mixed();
    if (summary_.numbers) judge_numbers(*summary_.numbers);
    if (summary_.kind == ColumnKind::category) judge_categories();
  }

 private:
  void add(Severity severity, const char* code, std::string text, std::vector<std::string> config) {
    into_.push_back({severity, code, summary_.name, std::move(text), std::move(config)});
  }

  void judge_kind() {
    const auto ignore = ignore_word(summary_.name);
    switch (summary_.kind) {
      case ColumnKind::empty: return add(Severity::warning, "empty", "has no values", {ignore});
      case ColumnKind::constant:
        if (summary_.missing > 0) return;  // there or not there: that can be learned from
        return add(Severity::warning, "constant", "has the same value in every row", {ignore});
      case ColumnKind::identifier:
        return add(Severity::warning, "identifier",
                   (summary_.distinct == summary_.values ? "every value is different"
                                                         : "nearly every value is different") +
                       std::string(", like an identifier, so that a model learns rows by heart"),
                   {ignore});
      case ColumnKind::date:
        if (summary_.date_order_open) {
          add(Severity::warning, "date_order",
              "its dates can be read day first or month first, and are read month first",
              {column_word(summary_.name, {{"date_order", "day_first"}})});
        }
        return add(Severity::note, "date", "holds dates",
                   {column_word(summary_.name, {{"type", "date"}})});
      case ColumnKind::text:
        return add(Severity::note, "free_text",
                   "holds free text, which a model reads as words or tokens, as data.text says",
                   {column_word(summary_.name, {{"type", "text"}})});
      default: return;
    }
  }

  void judge_missing() {
    const auto rows = summary_.values + summary_.missing;
    if (summary_.values == 0 || summary_.missing * 2 <= rows) return;
    add(Severity::note, "mostly_missing",
        "has no value in " +
            percent(static_cast<double>(summary_.missing) / static_cast<double>(rows)) +
            " of the rows",
        {ignore_word(summary_.name)});
  }

  void judge_mixed() {
    add(Severity::warning, "mixed",
        fmt::format("is numbers but for {} {}, the first in {}", with_thousands(look_.odd_cells()),
                    look_.odd_cells() == 1 ? "cell" : "cells", look_.first_odd_line()),
        {column_word(summary_.name, {{"type", "category"}})});
  }

  void judge_numbers(const NumberReport& numbers) {
    if (numbers.skewed) {
      add(Severity::note, "heavy_tail",
          fmt::format(
              "has extremes far beyond the bulk: 90 % of the rows are within {} and {}, all "
              "within {} and {}",
              figure(numbers.quantiles[0]), figure(numbers.quantiles[4]), figure(numbers.least),
              figure(numbers.most)),
          {column_word(summary_.name, numbers.least < 0.0 ? Json{{"scale", "quantile"}}
                                                          : Json{{"transform", "log"}})});
    } else if (numbers.outlier_share >= kManyOutliers) {
      add(Severity::note, "outliers",
          percent(numbers.outlier_share) +
              " of the values lie beyond the quartiles by more than three interquartile ranges",
          {"data.clean.clip_outliers=3"});
    }
  }

  void judge_categories() {
    if (summary_.distinct > kManyCategories) {
      add(Severity::note, "many_categories",
          "has " + with_thousands(summary_.distinct) + " categories",
          {"data.categorical.encoding=embedding"});
    }
    if (summary_.rare_values > 0) {
      add(Severity::note, "rare_categories",
          fmt::format("has {} {} of fewer than {} rows each, {} in all",
                      with_thousands(summary_.rare_values),
                      summary_.rare_values == 1 ? "category" : "categories", kFewestShown,
                      counted_rows(summary_.rare_rows)),
          {"data.categorical.min_count=" + std::to_string(kFewestShown)});
    }
  }

  const ColumnLook& look_;
  const ColumnReport& summary_;
  std::vector<Finding>& into_;
};

// The columns that say the same as an earlier one, each once.
void find_alike(const TableLook& table, std::vector<Finding>& findings) {
  std::map<std::uint64_t, std::string> contents, patterns;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    const auto& column = table.columns()[i];
    const auto kind = column.kind();
    if (static_cast<std::int64_t>(i) == table.target() || kind == ColumnKind::empty ||
        kind == ColumnKind::constant) {
      continue;
    }
    const auto [equal, new_content] = contents.emplace(column.content(), column.name());
    const auto pattern = column.pattern();
    const auto [recoded, new_pattern] =
        patterns.emplace(pattern.value_or(column.content()), column.name());
    if (!new_content) {
      findings.push_back({Severity::warning,
                          "duplicate_column",
                          column.name(),
                          "is equal to column '" + equal->second + "' in every row",
                          {ignore_word(column.name())}});
    } else if (pattern && !new_pattern) {
      findings.push_back({Severity::note,
                          "recoded_column",
                          column.name(),
                          "is column '" + recoded->second + "' under other names, value for value",
                          {ignore_word(column.name())}});
    }
  }
}

void find_groups(const TableLook& table, std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const auto& column : table.columns()) {
    if (concerns_people(column.name()) && column.distinct() <= kManyCategories) {
      names.push_back(column.name());
    }
  }
  if (names.empty()) return;
  findings.push_back({Severity::note,
                      "people",
                      names.front(),
                      "tells groups of people apart; the report can show how each of them fares",
                      {"data.groups=" + Json(names).dump()}});
}

}  // namespace

std::vector<Finding> column_findings(const TableLook& table,
                                     const std::vector<ColumnReport>& columns) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (static_cast<std::int64_t>(i) == table.target()) continue;
    ColumnJudge(table.columns()[i], columns[i], findings).judge();
  }
  find_alike(table, findings);
  find_groups(table, findings);
  return findings;
}

}  // namespace candor
