// SPDX-License-Identifier: Apache-2.0
// What the cells of a column are, found over the whole file.
#pragma once

#include <cstdint>
#include <optional>

#include <candor/config.h>

#include "core/table/date_time.h"

namespace candor {

enum class CellType : std::uint8_t {
  empty,       // no cell has a value
  integer,     // every value is a whole number, written without a point or exponent
  real,        // every value is a number, and some are not whole or not finite
  boolean,     // every value is one of true/false, yes/no, t/f, y/n, on/off, in any case, and all
               // of the same pair
  date_time,   // every value is a date, a time or both: parse_date_time()
  identifier,  // names rows rather than describing them, see infer_type()
  category,    // text or codes of which many rows have the same
  text,        // free text: several words, hardly ever the same twice
};

// What a declared type of a column is here; nothing for auto. A declared number is `real`.
std::optional<CellType> declared_type(ColumnType type);

// integer or real
bool is_number_type(CellType type);

// "integer", "real", "boolean", "date_time", ...
const char* cell_type_name(CellType type);

// Counts over all rows of the file. They do not depend on the number of threads.
struct ColumnSummary {
  CellType type = CellType::empty;
  // data.columns.NAME.type said so; then `type` is what was declared, whatever the cells are, and
  // of a declared number `integer` where all values are whole, else `real`.
  bool declared = false;

  std::int64_t missing = 0;
  std::int64_t numbers = 0;      // finite doubles, as parse_number() reads them
  std::int64_t integers = 0;     // of those, written as whole numbers: sign and digits
  std::int64_t not_finite = 0;   // inf, nan, or beyond a double
  std::int64_t texts = 0;        // anything else
  std::int64_t first_text = -1;  // first row of that kind, or -1
  std::int64_t first_not_finite = -1;
  double min = 0.0;  // over `numbers`; 0 without any
  double max = 0.0;

  // Different values; numbers count by value ("1" and "1.0" are one). Exact up to
  // DistinctSketch::kExact, beyond it an estimate with a standard error of about 3 %.
  std::int64_t distinct = 0;
  bool distinct_is_exact = true;
  std::int64_t longest = 0;  // bytes of the longest value that is not a number
  // Over (a sample of up to DistinctSketch::kExact of) the different values that are not numbers.
  double mean_bytes = 0.0;
  double mean_words = 0.0;  // runs of bytes other than space and tab

  bool each_is_one_more = false;  // whole numbers, each one more than in the row before
  bool all_boolean = false;
  bool all_dates = false;
  DateOrder date_order = DateOrder::year_first;  // of all dates; month_first where both would do
  bool date_order_open = false;                  // both would, and nobody said which

  std::int64_t present() const { return numbers + not_finite + texts; }
};

// The type that the counts speak for. In this order:
//   empty       nothing present
//   identifier  numbers: a row counter (each_is_one_more, from 50 rows on)
//   integer, real, boolean, date_time   as above, without exception among the values present
// then, of texts, and of texts mixed with numbers, with `share` = distinct / present,
//   identifier  from 50 values on, share >= 0.95, and less than 1.5 words on average
//   text        share >= 0.5, or an average of 20 bytes and more; and 1.5 words and more
//   category    everything else
CellType infer_type(const ColumnSummary& summary);

// Whether a column is read as text rather than as categories, unless data.columns.NAME.type says
// otherwise: of type text, from 50 values on, and on average fewer than ten rows have the same.
// Phrases that recur more often are categories.
bool is_free_text(const ColumnSummary& summary);

}  // namespace candor
