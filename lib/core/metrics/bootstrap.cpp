// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/metrics/averages.h"

namespace candor {
namespace {

constexpr std::uint64_t kSeed = 0;
constexpr double kRowVisits = 1e8;
constexpr std::size_t kFewestResamples = 100;
constexpr std::size_t kFewestSamples = 50;
constexpr std::size_t kFewestForPercentiles = 500;

std::array<std::uint32_t, 2> stream_key() {
  static const auto key = RandomStream(kSeed, "metrics/bootstrap").key();
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

constexpr std::size_t kLanes = 16;
using Lanes = std::array<std::uint32_t, kLanes>;

// philox() of counters {first + lane, number, stratum, 0}, in loops that the compiler turns into
// vector instructions.
void philox_lanes(std::uint32_t first, std::uint32_t number, std::uint32_t stratum,
                  std::array<std::uint32_t, 2> key, std::array<Lanes, 4>& c) {
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) c[0][lane] = first + lane;
  c[1].fill(number);
  c[2].fill(stratum);
  c[3].fill(0);
  for (int round = 0; round < 10; ++round) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t a = std::uint64_t{0xD2511F53u} * c[0][lane];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * c[2][lane];
      c[0][lane] = static_cast<std::uint32_t>(b >> 32) ^ c[1][lane] ^ key[0];
      c[1][lane] = static_cast<std::uint32_t>(b);
      c[2][lane] = static_cast<std::uint32_t>(a >> 32) ^ c[3][lane] ^ key[1];
      c[3][lane] = static_cast<std::uint32_t>(a);
    }
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
}

// Calls draw(index) `size` times with an index below `size`.
template <class Draw>
void draw_indices(std::size_t size, std::size_t resample, std::uint32_t stratum, const Draw& draw) {
  const auto key = stream_key();
  std::array<Lanes, 4> words;
  for (std::size_t done = 0; done < size; done += 4 * kLanes) {
    philox_lanes(static_cast<std::uint32_t>(done / 4), static_cast<std::uint32_t>(resample),
                 stratum, key, words);
    const auto count = std::min(size - done, 4 * kLanes);
    for (std::size_t i = 0; i < count; ++i) {
      draw((static_cast<std::uint64_t>(words[i % 4][i / 4]) * size) >> 32);
    }
  }
}

bool no_spread(const std::vector<double>& samples) {
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  return *most - *least <= 1e-12 * std::max(std::abs(*most), std::abs(*least));
}

// The share of samples below `value`, those equal to it taken half; kept off 0 and 1.
double share_below(const std::vector<double>& samples, double value) {
  const auto tolerance = 1e-12 * std::abs(value);
  double below = 0.0;
  for (const auto sample : samples) {
    if (std::abs(sample - value) <= tolerance) {
      below += 0.5;
    } else if (sample < value) {
      below += 1.0;
    }
  }
  const auto size = static_cast<double>(samples.size());
  return std::clamp(below / size, 0.5 / size, 1.0 - 0.5 / size);
}

double deviation_of(const std::vector<double>& values, double mean) {
  double sum = 0.0;
  for (const auto value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
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

// Times the size of the series, the variance of its mean over blocks of mean length
// 1 / (1 - keep), but for the ends of the series (Politis and Romano 1994, section 3).
double block_variance(const std::vector<double>& series, double mean, double keep) {
  double squares = 0.0;
  double products = 0.0;
  double before = 0.0;  // sum over lags of keep^lag times the value so many places ago
  for (const auto value : series) {
    squares += (value - mean) * (value - mean);
    products += (value - mean) * before;
    before = keep * (before + value - mean);
  }
  return squares + 2.0 * products;
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
  draw_indices(rows, resample, 0, [&](std::size_t row) { ++counts[row]; });
}

void draw_stratified_counts(const std::vector<std::vector<std::uint32_t>>& strata,
                            std::size_t resample, std::vector<std::uint32_t>& counts) {
  std::size_t rows = 0;
  for (const auto& stratum : strata) rows += stratum.size();
  counts.assign(rows, 0);
  for (std::size_t s = 0; s < strata.size(); ++s) {
    draw_indices(strata[s].size(), resample, static_cast<std::uint32_t>(s + 1),
                 [&](std::size_t place) { ++counts[strata[s][place]]; });
  }
}

void for_resamples(std::size_t resamples, std::size_t rows,
                   const std::function<std::function<void(std::size_t)>()>& make) {
  // A thread costs about as much as visiting this many rows.
  constexpr std::size_t kVisitsPerThread = 100'000;
  const auto parts = part_count(resamples, 1 + kVisitsPerThread / std::max<std::size_t>(rows, 1));
  in_parts(parts, resamples, [&](std::size_t, std::size_t begin, std::size_t end) {
    const auto work = make();
    for (auto r = begin; r < end; ++r) work(r);
  });
}

std::vector<std::vector<double>> bootstrap_samples(const RowStatistics& statistics,
                                                   std::span<const double> weight,
                                                   std::size_t resamples) {
  std::vector<std::vector<double>> samples(statistics.size(), std::vector<double>(resamples));
  for_resamples(resamples, weight.size(), [&] {
    return [&, counts = std::vector<std::uint32_t>(), drawn = std::vector<double>(weight.size()),
            values = std::vector<double>(statistics.size())](std::size_t r) mutable {
      draw_counts(weight.size(), r, counts);
      for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = weight[i] * counts[i];
      statistics.evaluate(drawn, values);
      for (std::size_t s = 0; s < values.size(); ++s) samples[s][r] = values[s];
    };
  });
  return samples;
}

Spread spread_of(std::span<const double> influence, std::span<const double> weight) {
  Spread spread;
  for (const auto w : weight) spread.weights.add(w);
  spread.rows = spread.weights.rows();
  LinearisedVariance variance(spread.weights);
  double squares = 0.0;
  double cubes = 0.0;
  for (std::size_t i = 0; i < influence.size(); ++i) {
    const auto square = influence[i] * influence[i];
    squares += square;
    cubes += square * influence[i];
    variance.add(influence[i], weight[i]);
  }
  if (!(squares > 0.0) || spread.weights.count < 2) return spread;
  spread.standard_error = std::sqrt(variance.value());
  spread.acceleration = cubes / (6.0 * squares * std::sqrt(squares));
  return spread;
}

std::optional<Interval> bca_interval(double value, std::vector<double> samples, double acceleration,
                                     double rows, double confidence, double lowest,
                                     double highest) {
  std::erase_if(samples, [](double sample) { return std::isnan(sample); });
  if (samples.size() < kFewestSamples || rows <= 1.0 || no_spread(samples)) return std::nullopt;
  // Squares of numbers beyond 1e77 or so have no fourth power.
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!finite(acceleration) || !std::all_of(samples.begin(), samples.end(), finite)) {
    return std::nullopt;
  }
  const auto shift = normal_quantile(share_below(samples, value));
  const auto tail =
      student_quantile(0.5 * (1.0 + confidence), rows - 1.0) * std::sqrt(rows / (rows - 1.0));
  const auto level = [&](double z) {
    const auto moved = shift + z;
    // From here on the transformation that the acceleration stands for turns back.
    const auto slope = std::max(1.0 - acceleration * moved, 0.05);
    return normal_cdf(shift + moved / slope);
  };
  std::sort(samples.begin(), samples.end());
  const auto low = sorted_quantile(samples, level(-tail));
  const auto high = sorted_quantile(samples, level(tail));
  return Interval{std::clamp(std::min(low, value), lowest, highest),
                  std::clamp(std::max(high, value), lowest, highest)};
}

std::optional<Interval> bootstrap_interval(double value, std::vector<double> samples,
                                           double confidence, double lowest, double highest) {
  std::erase_if(samples, [](double sample) { return std::isnan(sample); });
  if (samples.size() < kFewestSamples || no_spread(samples)) return std::nullopt;
  const auto offset = offsets(samples, confidence);
  // A very skewed statistic may put its mean outside its percentiles; the value stays inside.
  return Interval{std::clamp(value + std::min(offset.low, 0.0), lowest, highest),
                  std::clamp(value + std::max(offset.high, 0.0), lowest, highest)};
}

std::optional<Interval> studentised_interval(double value, double standard_error,
                                             const std::vector<double>& samples,
                                             const std::vector<double>& sample_errors,
                                             double confidence, double lowest, double highest) {
  const auto from_low = std::isfinite(lowest);
  const auto distance = [&](double x) { return from_low ? x - lowest : highest - x; };
  const auto size = distance(value);
  if (!(size > 0.0) || !(standard_error > 0.0)) return std::nullopt;
  std::vector<double> ratios;
  double farthest = size;
  for (std::size_t r = 0; r < samples.size(); ++r) {
    const auto sample = distance(samples[r]);
    if (!(sample > 0.0) || !(sample_errors[r] > 0.0)) continue;
    ratios.push_back(std::log(sample / size) * sample / sample_errors[r]);
    farthest = std::max(farthest, sample);
  }
  // With few rows many resamples may be of one row only; the rest would tell of another statistic.
  if (ratios.size() < kFewestSamples || ratios.size() * 20 < samples.size() * 19) {
    return std::nullopt;
  }
  std::sort(ratios.begin(), ratios.end());
  const auto tail = 0.5 * (1.0 - confidence);
  const auto relative = standard_error / size;
  const auto near =
      std::min(size * std::exp(-relative * sorted_quantile(ratios, 1.0 - tail)), size);
  const auto far = std::max(size * std::exp(-relative * sorted_quantile(ratios, tail)), size);
  // One row that makes nearly all of the value: resamples without it have another scale.
  constexpr double kMostBeyondSamples = 10.0;
  if (far > kMostBeyondSamples * farthest) return std::nullopt;
  if (!from_low) return Interval{highest - far, highest - near};
  return Interval{lowest + near, std::min(lowest + far, highest)};
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

double BlockError::factor(double confidence) const {
  if (degrees <= 0.0) return scale;
  const auto tail = 0.5 * (1.0 + confidence);
  return scale * student_quantile(tail, degrees) / normal_quantile(tail) *
         std::sqrt((degrees + 1.0) / degrees);
}

BlockError block_error(const std::vector<double>& series, double mean_length) {
  // Integral of the square of the window 2 e^-x - e^-3x over all x; that of e^-x is 1.
  constexpr double kSquare = 7.0 / 3.0;
  constexpr double kFewestDegrees = 2.0;  // with fewer the tails would be of no use
  const auto mean = mean_of(series);
  const auto keep = [](double length) { return std::max(1.0 - 1.0 / length, 0.0); };
  const auto variance = block_variance(series, mean, keep(mean_length));
  const auto without_bias = 2.0 * variance - block_variance(series, mean, keep(mean_length / 3.0));
  BlockError error;
  if (!(variance > 0.0)) return error;
  error.scale = std::sqrt(std::max(without_bias / variance, 1.0));
  const auto blocks = static_cast<double>(series.size()) / mean_length;
  if (blocks > 1.0) {
    error.degrees = std::max(blocks / kSquare - 1.0, kFewestDegrees);
  }
  return error;
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
  const auto resample = [&](std::size_t r) {
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
  };
  for_resamples(resamples, size, [&] { return resample; });
  return means;
}

}  // namespace candor
