// SPDX-License-Identifier: Apache-2.0
#include "core/select/largest_normal.h"

#include <cmath>

#include "core/metrics/intervals.h"

namespace candor {

double expected_largest_normal(std::int64_t count) {
  // The mean of a number with distribution function F is the integral of 1 - F above 0 less that of
  // F below 0; here F = Phi^count.
  const auto below = [&](double x) { return std::pow(normal_cdf(x), static_cast<double>(count)); };
  constexpr int kSteps = 20'000;
  constexpr double kFar = 12.0;
  constexpr double kStep = kFar / kSteps;
  double sum = 0.0;
  for (int i = 0; i < kSteps; ++i) {
    const double x = (i + 0.5) * kStep;
    sum += (1.0 - below(x)) - below(-x);
  }
  return sum * kStep;
}

}  // namespace candor
