// SPDX-License-Identifier: Apache-2.0
// The cells of one column, finished.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/table/cell_type.h"
#include "core/table/column_census.h"
#include "core/table/number.h"

namespace candor {

// See Table for what each costs.
class Column {
 public:
  const ColumnSummary& summary() const { return summary_; }
  std::span<const double> numbers() const { return values_; }
  ParsedNumber number(std::int64_t row) const;
  std::string_view cell(std::int64_t row) const;
  bool missing(std::int64_t row) const;

 private:
  friend class ColumnBuilder;
  ColumnSummary summary_;
  std::vector<double> values_;       // one per row, or none
  std::string text_;                 // cells back to back
  std::vector<std::uint64_t> ends_;  // end of each row's cell in text_
};

class ColumnBuilder {
 public:
  // `by_text`: the column was declared to be no number.
  explicit ColumnBuilder(bool by_text) : census_(by_text) {}

  // The cell of the next row, after the column's rules; empty: missing.
  void add(std::string_view cell);
  Column finish() &&;

 private:
  ColumnCensus census_;
  Column column_;
};

}  // namespace candor
