// SPDX-License-Identifier: Apache-2.0
// What can be seen of a table without being told anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/inspect/unknown_table.h"

namespace candor {

struct ColumnFacts {
  std::string name;
  std::int64_t values = 0;      // cells that are not missing
  std::int64_t numbers = 0;     // of those, numbers that float32 can hold
  std::int64_t not_finite = 0;  // and numbers that it cannot
  std::int64_t missing = 0;
  std::int64_t distinct = 0;        // different values
  std::int64_t first_odd_row = -1;  // of the first value that is no number
  std::string first_odd_line;       // the same, as TableFacts::first_bad_line
  std::string only_odd;             // the one text that all of those are, or empty
  bool whole = true;                // every number is an integer
  std::vector<std::string> labels;  // the values, when there are few

  bool is_number() const { return values > 0 && numbers == values; }
  std::int64_t texts() const { return values - numbers - not_finite; }
  // Numbers but for some cells, for which training may refuse it. That depends on the rows that are
  // drawn for training, so that this is the wider rule.
  bool is_mixed() const {
    return texts() == 0 ? numbers > 0 && not_finite > 0
                        : numbers < values && numbers * 10 >= values * 9;
  }
};

struct TableFacts {
  TableFormat format;  // as found
  std::int64_t rows = 0;
  std::int64_t bad_rows = 0;
  std::string first_bad_line;  // "line 9", or of several files "line 9 of b.csv"
  std::vector<ColumnFacts> columns;
  struct Word {
    std::string text;
    std::int64_t row = 0;   // where it stands first
    std::string line = {};  // the same, as first_bad_line
  };
  std::vector<Word> words_for_missing;  // added to format.missing for columns of numbers
  std::string no_target;                // Table::no_column() for the wanted target, if it is none
};

// Values of a column beyond which they are not listed.
inline constexpr std::size_t kMostListed = 1000;

TableFacts look_at_table(const UnknownTable& unknown, const std::string& target);

}  // namespace candor
