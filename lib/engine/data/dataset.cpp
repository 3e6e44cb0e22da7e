// SPDX-License-Identifier: Apache-2.0
#include "engine/data/dataset.h"

#include <algorithm>
#include <numeric>

namespace candor {

std::vector<std::vector<std::int64_t>> Dataset::parts(std::int64_t batch_size) const {
  std::vector<std::vector<std::int64_t>> result;
  for (std::int64_t first = 0; first < size(); first += batch_size) {
    auto& part =
        result.emplace_back(static_cast<std::size_t>(std::min(batch_size, size() - first)));
    std::iota(part.begin(), part.end(), first);
  }
  return result;
}

}  // namespace candor
