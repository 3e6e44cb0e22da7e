// SPDX-License-Identifier: Apache-2.0
// Seeded resampling (Efron 1979; Politis and Romano 1994 for text). Every draw is a function of the
// resample's number and a fixed seed, so a report is a pure function of the scored rows, whatever
// the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/intervals.h"
#include "core/metrics/share.h"

namespace candor {

inline constexpr std::size_t kFullResamples = 1000;

// How many resamples of `rows` rows are worth their time: 1,000 up to 100,000 rows, then fewer, 100
// at least.
std::size_t resample_count(std::size_t rows);

// How often each of `rows` rows is drawn by resample number `resample` (multinomial); `counts` is
// reused. Rows at most 2^32 - 1.
void draw_counts(std::size_t rows, std::size_t resample, std::vector<std::uint32_t>& counts);

// The same within strata: every stratum keeps its number of rows. `strata` hold row numbers.
void draw_stratified_counts(const std::vector<std::vector<std::uint32_t>>& strata,
                            std::size_t resample, std::vector<std::uint32_t>& counts);

// Calls work(resample) for 0..resamples-1, in several threads where `rows` rows each make it worth
// it. make() is called once per thread and gives `work`, which may own what it reuses.
void for_resamples(std::size_t resamples, std::size_t rows,
                   const std::function<std::function<void(std::size_t)>()>& make);

// Statistics of one set of rows that can be taken again with other weights.
class RowStatistics {
 public:
  virtual ~RowStatistics() = default;
  virtual std::size_t size() const = 0;  // how many statistics
  // Writes size() values; NaN where one is undefined. Safe in several threads.
  virtual void evaluate(std::span<const double> weight, std::span<double> values) const = 0;
};

// [statistic][resample]: values where row i counts `weight[i]` times as often as it is drawn. NaN
// where undefined, so that two sets of statistics of the same rows stay paired.
std::vector<std::vector<double>> bootstrap_samples(const RowStatistics& statistics,
                                                   std::span<const double> weight,
                                                   std::size_t resamples);

// What every row adds to a statistic (weight times derivative by weight), summed up.
struct Spread {
  double standard_error = 0.0;  // by the delta method, LinearisedVariance
  double acceleration = 0.0;    // sum of cubes / (6 (sum of squares)^(3/2))
  WeightSums weights;
  double rows = 0.0;  // effective number
};
Spread spread_of(std::span<const double> influence, std::span<const double> weight);

// Bias-corrected and accelerated interval (Efron 1987). Its tails are those of Student's t with
// rows - 1 degrees and the factor rows / (rows - 1) in the variance, without which intervals of few
// rows are too short (Hesterberg 2015, "What teachers should know about the bootstrap", section
// 5.3). Holds `value`; within [lowest, highest]. Empty as bootstrap_interval is.
std::optional<Interval> bca_interval(double value, std::vector<double> samples, double acceleration,
                                     double rows, double confidence, double lowest, double highest);

// Studentised interval of a mean, or a root or quotient of means (Efron 1982; Hall 1988,
// "Theoretical comparison of bootstrap confidence intervals"), on the scale of the logarithm of the
// distance from `lowest`, or from `highest` where `lowest` is not finite. It keeps its level on few
// and skewed rows, where BCa intervals are too short. `samples` come with their own standard
// errors; `standard_error` is that of `value`. Empty where these do not tell: no spread, or one row
// that makes nearly all of the value.
std::optional<Interval> studentised_interval(double value, double standard_error,
                                             const std::vector<double>& samples,
                                             const std::vector<double>& sample_errors,
                                             double confidence, double lowest, double highest);

// The interval of a statistic from its values on resamples: their percentiles, shifted so that
// their mean lies on `value` (a resampled calibration error is biased upwards), within [lowest,
// highest]; with fewer than 500 values, value +- z standard deviations. Empty when the values do
// not differ or are fewer than 50: then the resamples say nothing.
std::optional<Interval> bootstrap_interval(double value, std::vector<double> samples,
                                           double confidence, double lowest, double highest);

// Mean block length for the stationary bootstrap of a dependent series: Politis and White 2004,
// with the correction of Patton, Politis and White 2009, at least n^(1/3) and at most min(3
// sqrt(n), n / 3).
double block_length(const std::vector<double>& series);

// What resamples in blocks of mean length L miss of a mean's error. Correlation across the ends of
// blocks is lost, which takes a term of the order of 1/L from their variance V(L); 2 V(L) - V(L/3)
// has it with the other sign, on the safe side (Vats and Flegal 2022, "Lugsail lag windows for
// estimating time-average covariance matrices", section 3). And blocks are few: tails of Student's
// t, with the degrees of freedom of that window.
struct BlockError {
  double scale = 1.0;    // of standard errors, at least 1
  double degrees = 0.0;  // 0: a single block, or no spread
  // How much further than the resamples' percentiles the interval reaches.
  double factor(double confidence) const;
};
BlockError block_error(const std::vector<double>& series, double mean_length);

// Means of several series (all of one length) over resamples of joint circular blocks with
// geometric lengths of mean `mean_length`: [series][resample].
std::vector<std::vector<double>> block_bootstrap_means(
    const std::vector<const std::vector<double>*>& series, double mean_length,
    std::size_t resamples);

}  // namespace candor
