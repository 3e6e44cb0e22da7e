// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/base/random.h"

namespace candor {
namespace {

constexpr std::uint64_t kSeed = 0;
constexpr double kRowVisits = 4e7;
constexpr std::size_t kFewestResamples = 100;
constexpr std::size_t kFewestSamples = 50;
constexpr std::size_t kFewestForPercentiles = 500;

std::array<std::uint32_t, 2> stream_key() {
  static const auto key = RandomStream(kSeed, "metrics/bootstrap").key();
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values, double mean) {
  double sum = 0.0;
  for (const auto value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// Linear between order statistics.
double sorted_quantile(const std::vector<double>& sorted, double p) {
  const auto position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval offsets(std::vector<double>& samples, double confidence) {
  const auto tail = 0.5 * (1.0 - confidence);
  const auto mean = mean_of(samples);
  if (samples.size() < kFewestForPercentiles) {
    const auto half = -normal_quantile(tail) * deviation_of(samples, mean);
    return {-half, half};
  }
  std::sort(samples.begin(), samples.end());
  return {sorted_quantile(samples, tail) - mean, sorted_quantile(samples, 1.0 - tail) - mean};
}

double autocovariance(const std::vector<double>& series, double mean, std::size_t lag) {
  double sum = 0.0;
  for (std::size_t i = lag; i < series.size(); ++i) {
    sum += (series[i] - mean) * (series[i - lag] - mean);
  }
  return sum / static_cast<double>(series.size());
}

// The lag beyond which `run` correlations in a row are indistinguishable from zero.
std::size_t correlation_reach(const std::vector<double>& covariances, std::size_t run,
                              double threshold) {
  std::size_t quiet = 0;
  for (std::size_t lag = 1; lag < covariances.size(); ++lag) {
    quiet = std::abs(covariances[lag]) < threshold * covariances[0] ? quiet + 1 : 0;
    if (quiet == run) return lag - run;
  }
  return covariances.size() - 1;
}

// Flat-top lag window.
double lag_window(double x) { return x <= 0.5 ? 1.0 : std::max(0.0, 2.0 * (1.0 - x)); }

std::vector<double> autocovariances(const std::vector<double>& series, std::size_t lags) {
  const auto mean = mean_of(series);
  std::vector<double> result;
  for (std::size_t lag = 0; lag <= lags; ++lag) result.push_back(autocovariance(series, mean, lag));
  return result;
}

// (2 G^2 / D)^(1/3) n^(1/3) with D = 2 g(0)^2.
double optimal_block(const std::vector<double>& covariances, std::size_t reach, double size) {
  const auto width = std::min(2 * std::max<std::size_t>(reach, 1), covariances.size() - 1);
  double g = 0.0;
  double spectrum = covariances[0];
  for (std::size_t lag = 1; lag <= width; ++lag) {
    const auto x = static_cast<double>(lag);
    const auto term = 2.0 * lag_window(x / static_cast<double>(width)) * covariances[lag];
    g += x * term;
    spectrum += term;
  }
  return spectrum == 0.0 ? 0.0 : std::cbrt(g * g / (spectrum * spectrum) * size);
}

std::vector<double> prefix_sums(const std::vector<double>& values) {
  std::vector<double> sums(values.size() + 1, 0.0);
  std::partial_sum(values.begin(), values.end(), sums.begin() + 1);
  return sums;
}

// Sum of `length` entries from `start` on a circle.
double circular_sum(const std::vector<double>& sums, std::size_t start, std::size_t length) {
  const auto size = sums.size() - 1;
  const auto end = start + length;
  if (end <= size) return sums[end] - sums[start];
  return sums[size] - sums[start] + sums[end - size];
}

}  // namespace

std::size_t resample_count(std::size_t rows) {
  const auto affordable = kRowVisits / static_cast<double>(std::max<std::size_t>(rows, 1));
  return std::clamp(static_cast<std::size_t>(affordable), kFewestResamples, kFullResamples);
}

void draw_counts(std::size_t rows, std::size_t resample, std::vector<std::uint32_t>& counts) {
  counts.assign(rows, 0);
  const auto key = stream_key();
  const auto number = static_cast<std::uint32_t>(resample);
  for (std::size_t i = 0; i < rows; i += 4) {
    const auto words = philox({static_cast<std::uint32_t>(i / 4), number, 0, 0}, key);
    for (std::size_t lane = 0; lane < std::min<std::size_t>(4, rows - i); ++lane) {
      ++counts[(static_cast<std::uint64_t>(words[lane]) * rows) >> 32];
    }
  }
}

std::optional<Interval> bootstrap_interval(double value, std::vector<double> samples,
                                           double confidence, double lowest, double highest) {
  if (samples.size() < kFewestSamples) return std::nullopt;
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  if (*most - *least <= 1e-12 * std::max(std::abs(*most), std::abs(*least))) return std::nullopt;
  const auto offset = offsets(samples, confidence);
  // A very skewed statistic may put its mean outside its percentiles; the value stays inside.
  return Interval{std::clamp(value + std::min(offset.low, 0.0), lowest, highest),
                  std::clamp(value + std::max(offset.high, 0.0), lowest, highest)};
}

double block_length(const std::vector<double>& series) {
  const auto size = static_cast<double>(series.size());
  if (series.size() < 3) return 1.0;
  const auto digits = std::log10(size);
  const auto run = static_cast<std::size_t>(std::max(5.0, std::ceil(std::sqrt(digits))));
  const auto lags = std::min(series.size() - 1, static_cast<std::size_t>(std::sqrt(size)) + run);
  const auto covariances = autocovariances(series, lags);
  const auto reach = correlation_reach(covariances, run, 2.0 * std::sqrt(digits / size));
  const auto longest = std::max(1.0, std::min(3.0 * std::sqrt(size), size / 3.0));
  const auto shortest = std::min(std::cbrt(size), longest);
  return std::clamp(optimal_block(covariances, reach, size), shortest, longest);
}

std::vector<std::vector<double>> block_bootstrap_means(
    const std::vector<const std::vector<double>*>& series, double mean_length,
    std::size_t resamples) {
  const auto size = series.front()->size();
  std::vector<std::vector<double>> sums;
  for (const auto* one : series) sums.push_back(prefix_sums(*one));
  std::vector<std::vector<double>> means(series.size(), std::vector<double>(resamples, 0.0));
  // A block goes on with probability 1 - 1/mean_length after each entry.
  const auto log_stay = mean_length > 1.0 ? std::log1p(-1.0 / mean_length) : -1e300;
  const auto root = RandomStream(kSeed, "metrics/blocks");
  for (std::size_t r = 0; r < resamples; ++r) {
    const auto stream = root.at(r);
    std::uint64_t position = 0;
    for (std::size_t filled = 0; filled < size; position += 2) {
      const auto start = static_cast<std::size_t>(stream.below(position, size));
      const auto drawn = std::floor(std::log1p(-stream.uniform(position + 1)) / log_stay);
      const auto left = static_cast<double>(size - filled);
      const auto length = static_cast<std::size_t>(std::min(drawn + 1.0, left));
      for (std::size_t s = 0; s < sums.size(); ++s) {
        means[s][r] += circular_sum(sums[s], start, length);
      }
      filled += length;
    }
    for (auto& values : means) values[r] /= static_cast<double>(size);
  }
  return means;
}

}  // namespace candor
