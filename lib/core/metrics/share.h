// SPDX-License-Identifier: Apache-2.0
// Shares and means of rows with weights, as sums that rows are added to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/metrics/intervals.h"

namespace candor {

// Of the weights of rows, those of weight 0 left out.
struct WeightSums {
  double sum = 0.0;
  double squares = 0.0;
  std::size_t count = 0;

  void add(double weight) {
    sum += weight;
    squares += weight * weight;
    count += weight > 0.0 ? 1 : 0;
  }
  void add(const WeightSums& other) {
    sum += other.sum;
    squares += other.squares;
    count += other.count;
  }
  // Kish's effective number; whole ones rounded down, but for what rounding takes from them.
  double rows() const { return effective_size(sum, squares); }
  std::size_t whole_rows() const { return static_cast<std::size_t>(rows() * (1.0 + 1e-9)); }
  // Whether a few rows have most of the weight, so that the others do not show how a mean varies:
  // in simulation 95 % intervals of six heavy rows among light ones hold the truth in 40 to 80 %.
  bool few_are_heavy() const {
    return rows() < kFewestUneven && rows() <= 0.5 * (1.0 + 1e-6) * static_cast<double>(count);
  }

  static constexpr double kFewestUneven = 10.0;
};

// Why a mean over rows of these weights has no interval: it needs five rows, and weights that do
// not leave it to a few. Empty where it has one.
std::string too_few_to_judge(const WeightSums& weights);
inline constexpr const char* kHeavyRows = "a few rows have most of the weight";

// The variance of a weighted mean from what its rows add to it: their weight's share times their
// distance from the mean.
class LinearisedVariance {
 public:
  explicit LinearisedVariance(const WeightSums& weights) : weights_(weights) {}
  void add(double influence, double weight, double times = 1.0);
  // With weights that leave fewer than 30 effective rows at least half of what the rows would have
  // by their distances alone, as if these had nothing to do with the weights: where the heavy rows
  // are all right, light ones that are not show that they need not be.
  double value() const;

 private:
  WeightSums weights_;
  double sum_ = 0.0;
  double distances_ = 0.0;  // sum of squares of distances
  double rows_ = 0.0;
};

// A share of rows by weight, with its Wilson interval: `hit` of `total`. With weights, its count is
// the number of rows that would make the variance of the linearised share (delta method); where the
// rows do not differ, that of Kish, (sum w)^2 / sum w^2, and never more than twice that (once, of a
// single row). With weights that leave it to fewer than five effective rows the interval is that of
// Clopper and Pearson.
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
  std::string method() const;
  double effective_rows() const { return effective_size(total, total_of_squares); }
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
