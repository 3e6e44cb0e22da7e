// SPDX-License-Identifier: Apache-2.0
// What a row may count.
#pragma once

namespace candor {

// 0, or a number whose square keeps its digits, and of which many add up within float32.
inline bool is_row_weight(double weight) {
  return weight == 0.0 || (weight >= 1e-30 && weight <= 1e30);
}
inline constexpr const char* kRowWeights = "neither 0 nor a number from 1e-30 to 1e30";

}  // namespace candor
