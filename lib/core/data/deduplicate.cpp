// SPDX-License-Identifier: Apache-2.0
#include "core/data/deduplicate.h"

#include "core/data/duplicates.h"

namespace candor {
namespace {

// Splits `usable` by the row of `other` that each one equals; -1: it is kept.
UsableRows split_rows(const Table& table, const std::vector<std::int64_t>& usable,
                      const Table& other, const std::vector<std::int64_t>& equal_to) {
  UsableRows result;
  for (const auto row : usable) {
    const auto equal = equal_to[static_cast<std::size_t>(row)];
    if (equal < 0) {
      result.rows.push_back(row);
    } else {
      result.left_out.push_back(left_out_row(table, row, "equal to " + other.place(equal)));
    }
  }
  return result;
}

}  // namespace

UsableRows without_repeats(const Table& table, const std::vector<std::int64_t>& usable) {
  auto earlier = first_equal_rows(table);
  for (std::size_t row = 0; row < earlier.size(); ++row) {
    if (earlier[row] == static_cast<std::int64_t>(row)) earlier[row] = -1;
  }
  return split_rows(table, usable, table, earlier);
}

UsableRows without_rows_of(const Table& held_out, const Table& table,
                           const std::vector<std::int64_t>& usable) {
  return split_rows(table, usable, held_out, equal_rows_in(held_out, table));
}

}  // namespace candor
