// SPDX-License-Identifier: Apache-2.0
// What is wrong with the tables of a training, for its report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/table/table.h"

namespace candor {

// More cells than these, of both tables, would take seconds; `candor inspect` looks at any number.
inline constexpr std::int64_t kMostCellsInTraining = 5'000'000;
inline std::int64_t cells_of(const Table& table) {
  return table.rows() * static_cast<std::int64_t>(table.columns().size());
}

// The findings of `candor inspect` about the files' rows and about columns that the model reads:
// what cannot be learned from, gives the target away, is there twice, or is another in the test.
// Not those that only advise. "COLUMN: TEXT", a line each; one line that says so for larger tables.
// `test`: a table of its own, or null. Both are as the config has them read. Values of cells are in
// no line.
std::vector<std::string> training_findings(const Table& table, const Table* test,
                                           const RunConfig& config);

// Where the smallest class has less than a fifth of its even share (of 10 % in any case) or less
// than 10 of these training rows.
std::optional<std::string> rare_class_finding(const std::vector<std::int64_t>& class_counts);

}  // namespace candor
