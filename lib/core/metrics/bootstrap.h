// SPDX-License-Identifier: Apache-2.0
// Seeded resampling (Efron 1979; Politis and Romano 1994 for text). Every draw is a function of the
// resample's number and a fixed seed, so a report is a pure function of the scored rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/metrics/intervals.h"

namespace candor {

inline constexpr std::size_t kFullResamples = 1000;

// How many resamples of `rows` rows are worth their time: 1,000 up to 40,000 rows, then fewer, 100
// at least.
std::size_t resample_count(std::size_t rows);

// How often each of `rows` rows is drawn by resample number `resample` (multinomial); `counts` is
// reused. Rows at most 2^32 - 1.
void draw_counts(std::size_t rows, std::size_t resample, std::vector<std::uint32_t>& counts);

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

// Means of several series (all of one length) over resamples of joint circular blocks with
// geometric lengths of mean `mean_length`: [series][resample].
std::vector<std::vector<double>> block_bootstrap_means(
    const std::vector<const std::vector<double>*>& series, double mean_length,
    std::size_t resamples);

}  // namespace candor
