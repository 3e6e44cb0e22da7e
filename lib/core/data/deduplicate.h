// SPDX-License-Identifier: Apache-2.0
// data.clean.deduplicate: which rows of a table are left out because an equal one is kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/table/clean_rows.h"
#include "core/table/table.h"

namespace candor {

// Of `usable` (ascending rows of `table`) those that equal no earlier one of them, as
// first_equal_rows() has it. The others are in `left_out`, for the reason "equal to FILE:LINE".
UsableRows without_repeats(const Table& table, const std::vector<std::int64_t>& usable);

// Of `usable` those that equal no row of `held_out`, as equal_rows_in() has it.
UsableRows without_rows_of(const Table& held_out, const Table& table,
                           const std::vector<std::int64_t>& usable);

}  // namespace candor
