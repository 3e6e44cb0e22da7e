// SPDX-License-Identifier: Apache-2.0
#include "core/select/student.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace candor {
namespace {

// A denominator of the continued fraction that is 0 would end it.
double away_from_zero(double value) {
  constexpr double kTiny = 1e-300;
  return std::abs(value) < kTiny ? kTiny : value;
}

// The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8) by the
// method of Lentz; converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  double c = 1.0;
  double d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
  double result = d;
  for (int m = 1; m <= 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1.0 / away_from_zero(1.0 + even * d);
    c = away_from_zero(1.0 + even / c);
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1.0 / away_from_zero(1.0 + odd * d);
    c = away_from_zero(1.0 + odd / c);
    result *= d * c;
    if (std::abs(d * c - 1.0) < std::numeric_limits<double>::epsilon()) break;
  }
  return result;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
  return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

}  // namespace

double student_two_sided(double t, double degrees) {
  if (std::isinf(t)) return 0.0;
  return incomplete_beta(0.5 * degrees, 0.5, degrees / (degrees + t * t));
}

double student_critical(double confidence, double degrees) {
  double low = 0.0, high = 1.0;
  while (1.0 - student_two_sided(high, degrees) < confidence && high < 1e300) high *= 2.0;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (1.0 - student_two_sided(middle, degrees) < confidence ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double expected_largest_normal(std::int64_t count) {
  // The mean of a number with distribution function F is the integral of 1 - F above 0 less that of
  // F below 0; here F = Phi^count.
  const auto below = [&](double x) {
    return std::pow(0.5 * std::erfc(-x / std::sqrt(2.0)), static_cast<double>(count));
  };
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
