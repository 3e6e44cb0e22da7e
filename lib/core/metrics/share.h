// SPDX-License-Identifier: Apache-2.0
// Shares and means of rows with weights, as sums that rows are added to.
#pragma once

#include <optional>
#include <string>

#include "core/metrics/intervals.h"

namespace candor {

// A share of rows by weight, with its Wilson interval: `hit` of `total`. With weights, its count is
// the number of rows that would make the variance of the linearised share (delta method); where the
// rows do not differ, that of Kish, (sum w)^2 / sum w^2, and never more than twice that.
struct Share {
  double hit = 0.0;
  double total = 0.0;
  double hit_of_squares = 0.0;
  double total_of_squares = 0.0;
  double rows = 0.0;  // with a weight above 0
  bool weighted = false;

  void add(bool is_hit, double weight);
  double count() const;
  std::optional<Interval> interval(double confidence) const;
  std::string method() const { return weighted ? "wilson, effective n" : "wilson"; }
};

// A value x summed over rows of weight w. Without weights w^2 x is w x.
struct Moments {
  double wx = 0.0;
  double w2x = 0.0;
  double w2x2 = 0.0;

  void add(double value, double weight) { add(value, weight, weight * weight); }
  // Of a resample, whose weight is that of the row times how often it was drawn, and whose squares
  // are summed over the draws.
  void add(double value, double weight, double square) {
    wx += weight * value;
    w2x += square * value;
    w2x2 += square * value * value;
  }
};
// Standard error of the mean wx / `weight`, by linearisation; `weight` and `weight_squares` are the
// sums of w and w^2. 0 when there are fewer than two rows, or all values are equal.
double mean_error(const Moments& moments, double weight, double weight_squares);

}  // namespace candor
