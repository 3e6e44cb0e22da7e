// SPDX-License-Identifier: Apache-2.0
// The cells of one column, finished. Either every cell's text is kept, and beside it the values if
// many are numbers; or, for a column of plainly written numbers, only values and how each is
// written, from which the text follows.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/table/cell_type.h"
#include "core/table/column_array.h"
#include "core/table/column_part.h"
#include "core/table/column_texts.h"
#include "core/table/number.h"
#include "core/table/plain_number.h"

namespace candor {

// See Table for what each costs.
class Column {
 public:
  const ColumnSummary& summary() const { return summary_; }
  std::span<const double> numbers() const { return values_.span(); }
  ParsedNumber number(std::int64_t row) const;
  std::string_view cell(std::int64_t row) const {
    if (!spellings_.empty()) std::call_once(written_once_, [this] { write_texts(); });
    return (spellings_.empty() ? texts_ : written_)[static_cast<std::size_t>(row)];
  }
  // The same without writing out the column; a number's text is put into `text`.
  std::string_view cell(std::int64_t row, std::string& text) const;
  bool missing(std::int64_t row) const {
    const auto index = static_cast<std::size_t>(row);
    return spellings_.empty() ? texts_[index].empty() : spellings_[index] == kMissingCell;
  }

 private:
  friend class ColumnBuilder;
  friend struct ColumnLayout;
  std::string_view odd_text(std::size_t row) const;
  void write_texts() const;

  ColumnSummary summary_;
  ColumnArray<double> values_;           // one per row, or none
  ColumnArray<std::uint8_t> spellings_;  // one per row; none where texts_ has all texts
  ColumnArray<std::uint64_t> odd_rows_;  // rising; their texts are texts_. None without spellings_
  ColumnTexts texts_;
  mutable std::once_flag written_once_;
  mutable ColumnTexts written_;  // all texts of a column with spellings_, once they are asked for
};

// Puts the parts of a column together.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(ColumnPlan plan) : plan_(std::move(plan)), column_(new Column) {}

  const ColumnPlan& plan() const { return plan_; }
  const ColumnHint& hint() const { return hint_; }

  // The rows of `part` come next. Parts come in order, one at a time.
  void append(const ColumnPart& part);
  void append_missing(std::size_t rows);
  // `distinct`: the values of all parts.
  std::shared_ptr<const Column> finish(const DistinctSketch& distinct) &&;

 private:
  bool is_text() const { return hint_.text.load(std::memory_order_relaxed); }
  void append_numbers(const ColumnPart& part);
  void append_texts(const ColumnPart& part);
  void write_out(const ColumnPart& part);
  void append_values(const ColumnPart& part);
  void turn_to_text();
  void settle_values();

  ColumnPlan plan_;
  ColumnHint hint_;
  std::unique_ptr<Column> column_;
  std::optional<ColumnCensus> census_;
  DistinctSketch unused_;
  std::size_t rows_ = 0;
  bool all_values_ = true;  // column_->values_ has one for every row
};

}  // namespace candor
