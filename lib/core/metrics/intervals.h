// SPDX-License-Identifier: Apache-2.0
// Confidence intervals by formula. `confidence` is the two-sided level, inside (0, 1).
#pragma once

#include <cstddef>

namespace candor {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

// x with P(Z <= x) = p for a standard normal Z; p inside (0, 1). Exact to a few ulp.
double normal_quantile(double p);

// Wilson 1927, "Probable inference, the law of succession, and statistical inference": score
// interval of a proportion seen in `count` independent trials. `count` may be fractional: the
// effective sample size of weighted rows. count > 0.
Interval wilson(double proportion, double count, double confidence);

// Effective sample size of weights (Kish): (sum w)^2 / sum w^2; 0 when there is no weight.
double effective_size(double sum, double sum_of_squares);

// value +- z * standard_error on the scale log(v / (1 - v)), mapped back; value inside (0, 1).
Interval logit_interval(double value, double standard_error, double confidence);

// For `count` independent trials that all gave `value` (0, 1/2 or 1 among 0..1): their mean's range
// that is not refuted at level 1 - confidence. P(trial = value) >= q = (1 - confidence)^(1/count),
// so the mean lies in [value q, 1 - (1 - value) q]: one-sided and exact at 0 and 1.
Interval constant_outcome_interval(double value, std::size_t count, double confidence);

}  // namespace candor
