// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/intervals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace candor {
namespace {

double lower_tail(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// p <= 1/2: in the lower tail erfc keeps its relative precision.
double lower_quantile(double p) {
  double low = -40.0;
  double high = 0.0;
  for (int i = 0; i < 100 && low < high; ++i) {
    const auto middle = 0.5 * (low + high);
    (lower_tail(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double two_sided_quantile(double confidence) { return -normal_quantile(0.5 * (1.0 - confidence)); }

}  // namespace

double normal_quantile(double p) { return p <= 0.5 ? lower_quantile(p) : -lower_quantile(1.0 - p); }

Interval wilson(double proportion, double count, double confidence) {
  const auto z = two_sided_quantile(confidence);
  const auto z2n = z * z / count;
  const auto centre = (proportion + 0.5 * z2n) / (1.0 + z2n);
  const auto half =
      z / (1.0 + z2n) * std::sqrt(proportion * (1.0 - proportion) / count + 0.25 * z2n / count);
  // At 0 and 1 the formula gives the end itself; rounding must not push it past.
  return {proportion <= 0.0 ? 0.0 : std::clamp(centre - half, 0.0, proportion),
          proportion >= 1.0 ? 1.0 : std::clamp(centre + half, proportion, 1.0)};
}

double effective_size(double sum, double sum_of_squares) {
  return sum_of_squares > 0.0 ? sum * sum / sum_of_squares : 0.0;
}

Interval logit_interval(double value, double standard_error, double confidence) {
  const auto centre = std::log(value) - std::log1p(-value);
  const auto half = two_sided_quantile(confidence) * standard_error / (value * (1.0 - value));
  const auto back = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  return {back(centre - half), back(centre + half)};
}

Interval constant_outcome_interval(double value, std::size_t count, double confidence) {
  const auto share = std::pow(1.0 - confidence, 1.0 / static_cast<double>(count));
  return {value * share, 1.0 - (1.0 - value) * share};
}

}  // namespace candor
