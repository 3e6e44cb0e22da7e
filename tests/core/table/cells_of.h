// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/table/table.h"

namespace candor::test {

using Cells = std::vector<std::vector<std::string>>;

// All cells of a table as text, row by row.
inline Cells cells_of(const Table& table) {
  Cells rows(static_cast<std::size_t>(table.rows()));
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
      rows[static_cast<std::size_t>(row)].emplace_back(
          table.cell(static_cast<std::int64_t>(c), row));
    }
  }
  return rows;
}

}  // namespace candor::test
