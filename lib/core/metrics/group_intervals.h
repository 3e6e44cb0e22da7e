// SPDX-License-Identifier: Apache-2.0
// Intervals for differences and ratios of what was measured in groups without a common row, and p
// values of such differences.
// `confidence` is the two-sided level: each end alone holds with (1 + confidence) / 2.
#pragma once

#include <optional>

#include "core/metrics/intervals.h"

namespace candor {

// The two-sided level whose ends each hold with `confidence`, which is above 1/2.
double two_sided_level(double confidence);

// A value and its interval; low <= value <= high.
struct GroupEstimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

// a - b of independent estimates ("method of variance estimates recovery", Zou and Donner 2008);
// with Wilson's intervals this is Newcombe's hybrid score interval (1998, method 10).
Interval difference_interval(const GroupEstimate& a, const GroupEstimate& b);

// a / b of independent estimates that are not negative: the same on the log scale. The high end is
// infinite when b may be 0. Empty when both are 0 or b is and a may be 0.
std::optional<Interval> ratio_interval(const GroupEstimate& a, const GroupEstimate& b);

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
