// SPDX-License-Identifier: Apache-2.0
// The groups of a report, column by column.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

// Rows of one column each, in the report's order. `groups` must outlive them.
inline std::vector<std::span<const GroupRow>> by_column(const std::vector<GroupRow>& groups) {
  std::vector<std::span<const GroupRow>> columns;
  for (std::size_t begin = 0, end = 0; begin < groups.size(); begin = end) {
    while (end < groups.size() && groups[end].column == groups[begin].column) ++end;
    columns.push_back(std::span(groups).subspan(begin, end - begin));
  }
  return columns;
}

}  // namespace candor
