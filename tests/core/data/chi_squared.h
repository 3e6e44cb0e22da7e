// SPDX-License-Identifier: Apache-2.0
// Whether counts are as even as chance makes them.
#pragma once

#include <cmath>
#include <span>

namespace candor::test {

// Pearson's statistic of `counts` against equal expectations.
inline double chi_squared(std::span<const double> counts) {
  double sum = 0.0, result = 0.0;
  for (const double count : counts) sum += count;
  const double expected = sum / static_cast<double>(counts.size());
  for (const double count : counts) result += (count - expected) * (count - expected) / expected;
  return result;
}

// The 99.99 % quantile with `degrees` of freedom, after Wilson and Hilferty 1931.
inline double chi_squared_limit(std::size_t degrees) {
  const double n = static_cast<double>(degrees), z = 3.719;
  return n * std::pow(1.0 - 2.0 / (9.0 * n) + z * std::sqrt(2.0 / (9.0 * n)), 3.0);
}

// No more uneven than one time in ten thousand.
inline bool even(std::span<const double> counts) {
  return chi_squared(counts) < chi_squared_limit(counts.size() - 1);
}

}  // namespace candor::test
