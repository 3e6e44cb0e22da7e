// SPDX-License-Identifier: Apache-2.0
#include "core/table/yeo_johnson.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

#include "core/table/column_statistics.h"

namespace candor {
namespace {

constexpr double kLowest = -8.0;
constexpr double kHighest = 10.0;

// Of x by its signed_log(): both halves are one function of log(1 + |x|), with lambda or 2 - lambda
// as the power.
double from_log(double logarithm, double lambda) {
  const auto power = logarithm >= 0.0 ? lambda : 2.0 - lambda;
  const auto size = std::abs(logarithm);
  return std::copysign(power == 0.0 ? size : std::expm1(power * size) / power, logarithm);
}

double inverse_half(double size, double power) {
  if (power == 0.0) return std::expm1(size);
  const auto inside = std::max(size * power, -1.0 + std::numeric_limits<double>::epsilon());
  return std::expm1(std::log1p(inside) / power);
}

// Log-likelihood of lambda up to what does not depend on it, with mean and variance at their best
// (Yeo and Johnson, section 3): -n/2 log(variance) + (lambda - 1) sum sign(x) log(1 + |x|).
class Likelihood {
 public:
  Likelihood(const std::vector<double>& values, const std::vector<double>& weights)
      : weights_(weights), transformed_(values.size()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      logarithms_.push_back(signed_log(values[i]));
      total_ += weights[i];
      jacobian_ += weights[i] * logarithms_.back();
    }
  }

  double at(double lambda) {
    for (std::size_t i = 0; i < logarithms_.size(); ++i) {
      transformed_[i] = from_log(logarithms_[i], lambda);
    }
    const auto deviation = moments(transformed_, weights_, 0.0).deviation;
    if (!(deviation > 0.0) || !std::isfinite(deviation)) {
      return -std::numeric_limits<double>::infinity();
    }
    return -total_ * std::log(deviation) + (lambda - 1.0) * jacobian_;
  }

 private:
  std::vector<double> logarithms_;
  const std::vector<double>& weights_;
  std::vector<double> transformed_;
  double total_ = 0.0;
  double jacobian_ = 0.0;
};

// Highest point of a smooth function with one peak in [low, high]: golden sections until rounding
// hides the differences, then the vertex of a parabola through points far enough apart to show
// them.
template <class F>
double peak(const F& f, double low, double high) {
  constexpr double kGolden = 1.0 / std::numbers::phi;
  constexpr double kNear = 1e-4;
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double at_a = f(a), at_b = f(b);
  while (high - low > kNear) {
    if (at_a >= at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - kGolden * (high - low);
      at_a = f(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + kGolden * (high - low);
      at_b = f(b);
    }
  }
  double centre = 0.5 * (low + high);
  for (const double step : {3e-4, 3e-4}) {
    const auto left = f(centre - step), middle = f(centre), right = f(centre + step);
    const auto bend = left - 2.0 * middle + right;
    if (!(bend < 0.0)) break;
    centre += std::clamp(0.5 * step * (left - right) / bend, -step, step);
  }
  return centre;
}

}  // namespace

double yeo_johnson(double x, double lambda) { return from_log(signed_log(x), lambda); }

double inverse_yeo_johnson(double y, double lambda) {
  return y >= 0.0 ? inverse_half(y, lambda) : -inverse_half(-y, 2.0 - lambda);
}

double fit_yeo_johnson(const std::vector<double>& values, const std::vector<double>& weights) {
  if (moments(values, weights, std::numeric_limits<float>::epsilon()).deviation == 0.0) return 1.0;
  Likelihood likelihood(values, weights);
  return std::clamp(peak([&](double lambda) { return likelihood.at(lambda); }, kLowest, kHighest),
                    kLowest, kHighest);
}

double signed_log(double x) { return std::copysign(std::log1p(std::abs(x)), x); }

double inverse_signed_log(double y) { return std::copysign(std::expm1(std::abs(y)), y); }

}  // namespace candor
