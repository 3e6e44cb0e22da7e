// SPDX-License-Identifier: Apache-2.0
// How long something takes, on a clock that never jumps.
#pragma once

#include <chrono>

namespace candor {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace candor
