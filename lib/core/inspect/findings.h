// SPDX-License-Identifier: Apache-2.0
// From what a table is to what should be done about it. One function per subject; inspect_table.cpp
// calls them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/inspect/inspection.h"
#include "core/inspect/table_look.h"

namespace candor {

// A word that gives a column of a table this entry: +data.columns.NAME={"use":"ignore"}.
std::string column_word(const std::string& column, const Json& entry);
std::string ignore_word(const std::string& column);

// "1 row", "12,345 rows".
std::string counted_rows(std::int64_t count);
// 0.123 -> "12.3 %"
std::string percent(double share);

// Of the smallest of some classes: less than a fifth of its even share, or of 10 % in any case, or
// less than 10 rows.
bool is_rare(std::int64_t rows, std::int64_t all, std::size_t classes);

// Few integers are classes; many, or numbers with a fraction, are an amount.
bool is_amount(const ColumnLook& target);

// Columns by themselves and beside each other.
std::vector<Finding> column_findings(const TableLook& table,
                                     const std::vector<ColumnReport>& columns);
// The target, and what the columns tell of it (ColumnReport::predicts).
std::vector<Finding> target_findings(const TableLook& table,
                                     const std::vector<ColumnReport>& columns);
// Rows that cannot be read, equal rows, equal rows with different targets.
std::vector<Finding> row_findings(const TableLook& table);
// Another file for the test.
std::vector<Finding> test_findings(const TableLook& train, const TableLook& test);

}  // namespace candor
