// SPDX-License-Identifier: Apache-2.0
// One column of a stream of rows: everything that can be counted in one pass and bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/inspect/distinct_counter.h"
#include "core/inspect/inspection.h"
#include "core/inspect/row_sample.h"
#include "core/table/column_census.h"
#include "core/table/string_index.h"

namespace candor {

class ColumnLook {
 public:
  // Exact numbers of different values up to `exact_limit`.
  ColumnLook(std::string name, std::size_t exact_limit)
      : name_(std::move(name)), distinct_(exact_limit) {}

  // `cell` is trimmed; empty means missing. `line` is that of its row. Returns the cell's hash, 0
  // for a missing one.
  std::uint64_t add(std::string_view cell, std::int64_t line);

  const std::string& name() const { return name_; }
  std::int64_t values() const { return values_; }
  std::int64_t missing() const { return missing_; }
  std::int64_t distinct() const { return distinct_.count(); }
  bool distinct_exact() const { return distinct_.exact(); }
  const DistinctCounter& counter() const { return distinct_; }
  bool is_number() const { return values_ > 0 && numbers_ == values_; }
  // Numbers but for some cells, for which training may refuse it. Which rows are drawn for training
  // decides, so that this is the wider rule.
  bool is_mixed() const;
  std::int64_t odd_cells() const { return values_ - numbers_; }
  std::int64_t first_odd_line() const { return first_odd_line_; }
  // The one text that all odd cells are, or empty.
  const std::string& only_odd() const { return only_odd_; }
  bool whole() const { return numbers_ > 0 && whole_; }
  // Rows of each value, while there are at most kMostListed; else empty.
  const StringIndex& listed() const { return listed_; }
  static constexpr std::size_t kMostListed = 1000;

  // Equal for columns whose cells are equal in every row.
  std::uint64_t content() const { return content_; }
  // Equal for columns that are each other's recoding, value for value; empty when there are too
  // many values to tell.
  std::optional<std::uint64_t> pattern() const;

  ColumnKind kind() const;
  // `column` is its number in `sample`.
  ColumnReport summary(const RowSample& sample, std::size_t column) const;

 private:
  void add_number(std::string_view cell, std::int64_t line);
  void list(std::string_view cell);
  bool mostly_differs() const;
  bool is_boolean() const;
  NumberReport number_summary(const RowSample& sample, std::size_t column) const;
  void fill_values(ColumnReport& summary) const;

  std::string name_;
  DistinctCounter distinct_;
  ColumnCensus census_;  // says what type training takes the column for
  std::int64_t values_ = 0, missing_ = 0, numbers_ = 0, not_finite_ = 0;
  std::int64_t first_odd_line_ = 0;
  std::string only_odd_;
  bool whole_ = true;
  double least_ = 0.0, most_ = 0.0, mean_ = 0.0, squares_ = 0.0;
  std::int64_t bytes_ = 0, longest_ = 0;
  std::uint64_t content_ = 0, pattern_ = 0;
  bool list_full_ = false;
  StringIndex listed_;
};

// "id", "customer_id", "CustomerID"; not "humid".
bool named_like_an_identifier(const std::string& name);

}  // namespace candor
