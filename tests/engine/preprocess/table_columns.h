// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/table/feature.h"

namespace candor::test {

// Columns of numbers called n0, n1, ..., and categorical columns of these sizes.
inline TableColumns table_columns(std::size_t numbers, std::vector<std::int64_t> sizes = {}) {
  TableColumns columns;
  for (std::size_t i = 0; i < numbers; ++i) {
    const auto name = "n" + std::to_string(i);
    columns.numeric.push_back({name, name, SlotRole::number, 0.0});
  }
  columns.category_sizes = std::move(sizes);
  return columns;
}

}  // namespace candor::test
