// SPDX-License-Identifier: Apache-2.0
// The cells of one column in one part of a file. A part is made by any thread, and its memory used
// again for the next.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/table/cell_rules.h"
#include "core/table/column_census.h"

namespace candor {

// What is done with the cells of a column; the same for all parts.
struct ColumnPlan {
  CellRules rules;
  const MissingMarkers* markers = nullptr;
  // What data.columns.NAME.type says: a type, or nothing.
  std::optional<CellType> declared;
  std::optional<DateOrder> date_order;  // data.columns.NAME.date_order
  // Declared to be no number: "1" and "01" are two values.
  bool by_text() const { return declared && !is_number_type(*declared); }
};

// What the parts before say of the next one; changes how fast it is read, never the result.
struct ColumnHint {
  std::atomic<bool> text = false;     // kept as text
  std::atomic<bool> numbers = false;  // many of them numbers
};

class ColumnPart {
 public:
  // Starts anew with these cells: trimmed, without quotes. `padded`: that kNumberPadding bytes
  // before each cell and kTextPadding after its begin can be read.
  void read(std::span<const std::string_view> cells, bool padded, const ColumnPlan& plan,
            const ColumnHint& hint, DistinctSketch& distinct);

  static constexpr std::size_t kTextPadding = 32;

 private:
  friend class ColumnBuilder;
  using Cells = std::span<const std::string_view>;

  // False when too many cells are odd for a column of numbers.
  bool read_numbers(Cells cells, bool padded, const ColumnPlan& plan);
  void add_odd(std::string_view cell, std::size_t row, const ColumnPlan& plan);
  void read_texts(Cells cells, bool padded, const ColumnPlan& plan, bool keep_values);
  double read_text(std::string_view cell, bool padded, const ColumnPlan& plan);
  void keep_text(std::string_view text, bool padded);
  void start(std::size_t rows, const ColumnPlan& plan, DistinctSketch& distinct);

  std::size_t rows_ = 0;
  std::optional<ColumnCensus> census_;
  bool text_ = false;                    // the text of every cell is kept; else only of odd ones
  std::vector<double> values_;           // per row, or none
  std::vector<std::uint8_t> spellings_;  // per row; none where text_
  std::vector<std::uint32_t> odd_rows_;  // none where text_
  std::vector<char> bytes_;              // of the texts, up to used_
  std::size_t used_ = 0;
  std::vector<std::uint32_t> ends_;  // of each text in bytes_
  std::vector<std::string_view> mapped_;
};

}  // namespace candor
