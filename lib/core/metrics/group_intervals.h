// SPDX-License-Identifier: Apache-2.0
// Intervals for differences and ratios of what was measured in groups without a common row, and p
// values of their equality.
// `confidence` is the two-sided level: each end alone holds with (1 + confidence) / 2.
#pragma once

#include <optional>
#include <vector>

#include "core/metrics/intervals.h"

namespace candor {

// The two-sided level whose ends each hold with `confidence`, which is above 1/2.
double two_sided_level(double confidence);

// Quantile of Student's t of a two-sided level; `freedom` > 0.
double student_factor(double freedom, double confidence);

// a / b of independent estimates that are not negative: the same on the log scale. The high end is
// infinite when b may be 0. Empty when both are 0 or b is and a may be 0.
std::optional<Interval> ratio_interval(const Estimate& a, const Estimate& b);

// Two proportions, `hit` of `total` each (totals may be effective sizes).
struct TwoShares {
  double first_hit = 0.0, first_total = 0.0;
  double second_hit = 0.0, second_total = 0.0;
};
// Two-sided p of their equality: the chi-squared test with N - 1 (Campbell 2007), and Fisher's
// exact test where an expected count is below 1.
double equal_shares_p(const TwoShares& shares);

// Two-sided p of Student's t; of a difference with its standard error.
double student_p(double difference, double standard_error, double freedom);

}  // namespace candor
