// SPDX-License-Identifier: Apache-2.0
// Which rows of a table cannot be used, by data.clean, and the ledger of those that are left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/table/table.h"

namespace candor {

// A place and a reason, never content.
struct LeftOut {
  std::string file;
  std::int64_t line = 0;
  std::string reason;
};

LeftOut left_out_row(const Table& table, std::int64_t row, std::string reason);

// The rows that could not be read, in order.
std::vector<LeftOut> unreadable_rows(const Table& table);

struct UsableRows {
  std::vector<std::int64_t> rows;  // ascending
  std::vector<LeftOut> left_out;
};

// The rows that have a value in column `target`; all where the table has no such column, which is
// found later. Throws Error{data} naming the first row without one when these and the unreadable
// rows are more than `max_bad_fraction` of all.
UsableRows rows_with_target(const Table& table, const std::string& target, double max_bad_fraction);

// `rows` without those that are not in `usable`; both ascending.
void keep_only(std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& usable);

// Lines of quarantine.jsonl: {"part", "file", "line", "reason"}.
std::string ledger_lines(const std::string& part, const std::vector<LeftOut>& rows);

}  // namespace candor
