// SPDX-License-Identifier: Apache-2.0
// Counts what the cells of a column are, in row order, for one part of a file; parts add up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/table/cell_type.h"
#include "core/table/distinct_sketch.h"
#include "core/table/number.h"

namespace candor {

class ColumnCensus {
 public:
  // `by_text`: numbers are codes, of which "1" and "01" are two.
  explicit ColumnCensus(bool by_text = false) : by_text_(by_text) {}
  // Puts the values into `distinct`, which several parts may share, for their order does not matter
  // to it.
  ColumnCensus(bool by_text, DistinctSketch& distinct) : by_text_(by_text), distinct_(&distinct) {}

  void add_missing() {
    ++rows_;
    ++facts_.missing;
    follows_ = false;
  }
  // A finite number, written as `text`; `whole`: without point and exponent.
  void add_number(double value, bool whole, std::string_view text) {
    add_value(value, whole);
    if (by_text_) {
      note_text(text);
    } else {
      distinct().add_number(value);
    }
  }
  // The same where by_text() is false and the text need not be at hand.
  void add_number(double value, bool whole) {
    add_value(value, whole);
    distinct().add_number(value);
  }
  // Cells as read_plain_numbers() gives them, none of which is odd.
  void add_plain(const double* values, const std::uint8_t* spellings, std::size_t count);
  // Text, or a number that is not finite.
  void add_other(NumberKind kind, std::string_view text);

  // The rows of `next` come right after these.
  void append(const ColumnCensus& next);

  bool by_text() const { return by_text_; }
  std::int64_t rows() const { return rows_; }
  const ColumnSummary& counts() const { return facts_; }
  // With everything filled in but `declared`; the type is the inferred one. `distinct` holds the
  // values of all parts.
  ColumnSummary summary(const DistinctSketch& distinct) const;
  ColumnSummary summary() const { return summary(own_); }

 private:
  DistinctSketch& distinct() { return distinct_ == nullptr ? own_ : *distinct_; }
  void add_value(double value, bool whole) {
    if (facts_.numbers++ == 0) {
      facts_.min = facts_.max = value;
    } else {
      facts_.min = value < facts_.min ? value : facts_.min;
      facts_.max = value > facts_.max ? value : facts_.max;
    }
    facts_.integers += whole ? 1 : 0;
    if (rows_++ == 0)
      first_value_ = value;
    else
      follows_ = follows_ && value == last_value_ + 1.0;
    follows_ = follows_ && whole;
    last_value_ = value;
  }
  void note_text(std::string_view text);
  void narrow_dates(std::string_view text);

  bool by_text_ = false;
  DistinctSketch* distinct_ = nullptr;  // null: own_
  DistinctSketch own_;
  std::int64_t rows_ = 0;
  ColumnSummary facts_;  // counts, without what summary() adds
  bool follows_ = true;  // every row is a whole number, one more than the one before
  double first_value_ = 0.0, last_value_ = 0.0;
  std::uint8_t booleans_ = 0b11111;  // pairs of words that all texts are of
  std::uint8_t dates_ = 0b111;       // orders in which all texts are dates
};

}  // namespace candor
