// SPDX-License-Identifier: Apache-2.0
// Whether two tables are the same in everything that can be asked of them.
#pragma once

#include <cmath>
#include <cstring>
#include <string>

#include "core/table/table.h"

namespace candor::test {

inline bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

inline bool same_summary(const ColumnSummary& a, const ColumnSummary& b) {
  return a.type == b.type && a.declared == b.declared && a.missing == b.missing &&
         a.numbers == b.numbers && a.integers == b.integers && a.not_finite == b.not_finite &&
         a.texts == b.texts && a.first_text == b.first_text &&
         a.first_not_finite == b.first_not_finite && a.min == b.min && a.max == b.max &&
         a.distinct == b.distinct && a.distinct_is_exact == b.distinct_is_exact &&
         a.longest == b.longest && a.mean_bytes == b.mean_bytes && a.mean_words == b.mean_words &&
         a.each_is_one_more == b.each_is_one_more && a.all_boolean == b.all_boolean &&
         a.all_dates == b.all_dates && a.date_order == b.date_order;
}

inline std::string column_difference(const Table& a, const Table& b, std::int64_t column) {
  const auto where = "column " + std::to_string(column);
  if (!same_summary(a.summary(column), b.summary(column))) return where + ": summary";
  const auto numbers = a.numbers(column), others = b.numbers(column);
  if (numbers.size() != others.size()) return where + ": numbers";
  for (std::int64_t row = 0; row < a.rows(); ++row) {
    const auto at = where + ", row " + std::to_string(row) + ": ";
    const auto index = static_cast<std::size_t>(row);
    if (a.missing(column, row) != b.missing(column, row)) return at + "missing";
    const auto x = a.number(column, row), y = b.number(column, row);
    if (x.kind != y.kind || !same_bits(x.value, y.value)) return at + "number";
    if (!numbers.empty() && std::isnan(numbers[index]) != std::isnan(others[index])) {
      return at + "numbers";
    }
    if (!numbers.empty() && !std::isnan(numbers[index]) &&
        !same_bits(numbers[index], others[index])) {
      return at + "numbers";
    }
    if (a.cell(column, row) != b.cell(column, row)) return at + "cell";
  }
  return "";
}

// The first thing that differs, or nothing.
inline std::string difference(const Table& a, const Table& b) {
  if (a.rows() != b.rows()) return "rows";
  if (a.columns() != b.columns()) return "names";
  for (std::int64_t row = 0; row < a.rows(); ++row) {
    if (a.line(row) != b.line(row)) return "line of row " + std::to_string(row);
  }
  if (a.bad_rows().size() != b.bad_rows().size()) return "bad rows";
  for (std::size_t i = 0; i < a.bad_rows().size(); ++i) {
    const auto &x = a.bad_rows()[i], &y = b.bad_rows()[i];
    if (x.line != y.line || x.reason != y.reason || x.source != y.source) return "bad row";
  }
  for (std::size_t i = 0; i < a.columns().size(); ++i) {
    const auto found = column_difference(a, b, static_cast<std::int64_t>(i));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace candor::test
