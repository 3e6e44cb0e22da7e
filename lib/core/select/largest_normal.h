// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace candor {

// Mean of the largest of `count` >= 1 independent standard normal numbers.
double expected_largest_normal(std::int64_t count);

}  // namespace candor
