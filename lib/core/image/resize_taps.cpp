// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/image/resize.h"

namespace candor {
namespace {

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys 1981, "Cubic Convolution Interpolation for Digital Image Processing", with a = -0.5.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

// Weights that sum to 1 as integers that sum to 2^14: each end of a weight is rounded, not the
// weight, so that what rounding takes from one the next one gets.
void to_fixed(const std::vector<double>& weights, double sum, std::int16_t* out) {
  constexpr double kOne = 1 << Taps::kWeightBits;
  constexpr double kShift = 4 * kOne + 0.5;  // makes the cast round, also what is below zero
  const double factor = kOne / sum;
  double end = 0.0;
  long last = 0;
  for (const auto weight : weights) {
    end += weight * factor;
    const auto rounded = static_cast<long>(end + kShift) - static_cast<long>(kShift);
    *out++ = static_cast<std::int16_t>(rounded - last);
    last = rounded;
  }
}

}  // namespace

void make_taps(double start, double length, std::int64_t inputs, std::int64_t outputs,
               Interpolation interpolation, Taps& taps) {
  const bool bilinear = interpolation == Interpolation::bilinear;
  const double scale = length / static_cast<double>(outputs);
  const double shrink = std::max(1.0, scale);
  const double support = (bilinear ? 1.0 : 2.0) * shrink;
  const double narrow = 1.0 / shrink;
  // The whole pixels that the outputs may read.
  const auto low = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(start)));
  const auto high = std::min(inputs, static_cast<std::int64_t>(std::ceil(start + length)));
  taps.outputs = outputs;
  taps.count = (static_cast<std::int64_t>(2.0 * support) + 2 + 3) / 4 * 4;
  taps.first.resize(static_cast<std::size_t>(outputs));
  taps.weights.assign(static_cast<std::size_t>(outputs * taps.count), 0);
  std::vector<double> weights;
  for (std::int64_t i = 0; i < outputs; ++i) {
    const double center = start + scale * (static_cast<double>(i) + 0.5);
    const auto first =
        std::clamp(static_cast<std::int64_t>(std::floor(center - support + 0.5)), low, high - 1);
    const auto end =
        std::clamp(static_cast<std::int64_t>(std::floor(center + support + 0.5)), first + 1, high);
    weights.clear();
    double sum = 0.0;
    for (auto j = first; j < end; ++j) {
      const double x = (static_cast<double>(j) + 0.5 - center) * narrow;
      sum += weights.emplace_back(bilinear ? triangle(x) : cubic(x));
    }
    if (!(std::abs(sum) > 1e-9)) {  // the box ends within a pixel that its middle is not in
      weights.assign(1, 1.0);
      sum = 1.0;
    }
    taps.first[static_cast<std::size_t>(i)] = first;
    to_fixed(weights, sum, taps.weights.data() + i * taps.count);
  }
}

}  // namespace candor
