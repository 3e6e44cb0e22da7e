// SPDX-License-Identifier: Apache-2.0
// One column of a table: everything that can be counted in one pass and bounded memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/inspect/distinct_counter.h"
#include "core/inspect/inspection.h"
#include "core/inspect/row_sample.h"
#include "core/table/string_index.h"
#include "core/table/table.h"

namespace candor {

class ColumnLook {
 public:
  // Exact numbers of different values up to `exact_limit`. `by_value`: numbers are equal when their
  // values are, as Table::numbers() and data.clean.deduplicate have it. `hashes` gets that of each
  // row's cell, 0 for a missing one.
  ColumnLook(const Table& table, std::int64_t column, std::size_t exact_limit, bool by_value,
             std::vector<std::uint64_t>& hashes);

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
  // "line 9", or of several files "line 9 of b.csv"; empty without odd cells.
  const std::string& first_odd_line() const { return first_odd_line_; }
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
  std::uint64_t add(const Table& table, std::int64_t column, std::int64_t row,
                    std::string_view cell);
  void add_number(const Table& table, std::int64_t row, std::string_view cell,
                  const ParsedNumber& parsed);
  void list(std::string_view cell);
  bool mostly_differs() const;
  bool is_boolean() const;
  NumberReport number_summary(const RowSample& sample, std::size_t column) const;
  void fill_values(ColumnReport& summary) const;

  std::string name_;
  ColumnSummary facts_;  // say what training takes the column for
  bool by_value_;
  DistinctCounter distinct_;
  std::int64_t values_ = 0, missing_ = 0, numbers_ = 0, not_finite_ = 0;
  std::string first_odd_line_, only_odd_;
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
