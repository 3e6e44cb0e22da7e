// SPDX-License-Identifier: Apache-2.0
// Confidence intervals by formula. `confidence` is the two-sided level, inside (0, 1).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace candor {

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

// P(Z <= x) for a standard normal Z. Of both tails the relative precision is kept: that above x is
// normal_cdf(-x).
double normal_cdf(double x);

// x with P(Z <= x) = p for a standard normal Z; p inside (0, 1). Exact to a few ulp.
double normal_quantile(double p);

// The same for Student's t; degrees > 0, p inside (0, 1).
double student_quantile(double p, double degrees);

// Wilson 1927, "Probable inference, the law of succession, and statistical inference": score
// interval of a proportion seen in `count` independent trials. `count` may be fractional: the
// effective sample size of weighted rows. count > 0.
Interval wilson(double proportion, double count, double confidence);

// Effective sample size of weights (Kish): (sum w)^2 / sum w^2; 0 when there is no weight.
double effective_size(double sum, double sum_of_squares);

// Clopper and Pearson 1934: never wrong more often than 1 - confidence, whatever the proportion.
// 0 <= hits <= count; hits may be fractional, as with weights. The one-sided bounds are wrong with
// a chance of 1 - confidence each, the two-sided interval's ends with half of it.
Interval clopper_pearson(double hits, double count, double confidence);
double clopper_pearson_lower(double hits, double count, double confidence);
double clopper_pearson_upper(double hits, double count, double confidence);

struct Estimate {
  double value = 0.0;
  Interval interval;
};

// Method of variance estimates recovery (Zou and Donner 2008; Donner and Zou 2012): the interval of
// the mean of independent estimates from their own intervals, which need not be symmetric.
Interval mover_mean(std::span<const Estimate> parts);
// The same for a - b, whose estimates have this correlation.
Interval mover_difference(const Estimate& a, const Estimate& b, double correlation = 0.0);

// Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions
// based on paired data", method 10: of the share of a less the share of b, both seen in the same
// trials. `both` and `neither` are trials where they agree.
struct PairedCounts {
  double both = 0.0;
  double only_a = 0.0;
  double only_b = 0.0;
  double neither = 0.0;
};
Interval newcombe_paired(const PairedCounts& counts, double confidence);

// value +- t * standard_error for a value that is known to lie in [lowest, highest], on a scale
// where that range has no ends: the logit of the place in the range, or the logarithm of the
// distance to a single finite end. Empty when the value is at an end, or when standard_error or
// degrees is not above 0.
std::optional<Interval> linearised_interval(double value, double standard_error, double degrees,
                                            double confidence, double lowest, double highest);

// Feldman and Cousins 1998, "Unified approach to the classical statistical analysis of small
// signals", section IV.B: how the 1 - confidence that an interval may miss is split where the
// parameter cannot be below 0, `distance` standard errors away. At 0 all of it lies above (an
// interval that begins at 0 misses it nowhere else), and from the two-sided quantile on half on
// either side.
struct Tails {
  double below = 0.0;  // chance of what is seen to be so low that the parameter is refuted
  double above = 0.0;
};
Tails unified_tails(double distance, double confidence);

// value +- z * standard_error on the scale log(v / (1 - v)), mapped back; value inside (0, 1).
Interval logit_interval(double value, double standard_error, double confidence);

// For `count` independent trials that all gave `value` (0, 1/2 or 1 among 0..1): their mean's range
// that is not refuted at level 1 - confidence. P(trial = value) >= q = (1 - confidence)^(1/count),
// so the mean lies in [value q, 1 - (1 - value) q]: one-sided and exact at 0 and 1.
Interval constant_outcome_interval(double value, std::size_t count, double confidence);

}  // namespace candor
