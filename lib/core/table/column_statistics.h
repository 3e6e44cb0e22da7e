// SPDX-License-Identifier: Apache-2.0
// Weighted statistics of a column's values. A weight counts a value that many times; values of
// weight 0 count nowhere.
#pragma once

#include <vector>

namespace candor {

// Values in rising order with their weights.
class SortedValues {
 public:
  // One weight per value.
  SortedValues(const std::vector<double>& values, const std::vector<double>& weights);

  bool empty() const { return values_.empty(); }
  double least() const { return values_.front(); }
  double greatest() const { return values_.back(); }
  // Half of the weight lies on either side; between two values where it does so exactly. 0 when
  // empty.
  double median() const;
  // At the share `p` of the weight, linear between neighbours, between which lies the mean of their
  // weights; with equal weights the usual interpolation (NumPy's). 0 when empty.
  double quantile(double p) const;

 private:
  std::vector<double> values_;
  std::vector<double> places_;  // of each value: the weight before it
  std::vector<double> weights_;
};

// Weighted mean and population standard deviation.
struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

// A deviation below `digits` of the mean is rounding, not spread, and given as 0.
Moments moments(const std::vector<double>& values, const std::vector<double>& weights,
                double digits);

}  // namespace candor
