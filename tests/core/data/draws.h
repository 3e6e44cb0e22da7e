// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/random.h"

namespace candor::test {

// Random numbers below `bound`, of which each value occurs.
inline std::vector<std::int64_t> draws(std::size_t count, std::uint64_t bound, std::uint64_t seed) {
  std::vector<std::int64_t> values;
  const RandomStream stream(seed, "draws");
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = i < bound ? i : stream.below(i, bound);
    values.push_back(static_cast<std::int64_t>(value));
  }
  return values;
}

}  // namespace candor::test
