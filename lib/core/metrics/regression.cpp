// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <string_view>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/measures.h"
#include "core/metrics/regression_statistics.h"

namespace candor {
namespace {

constexpr auto kUndefined = std::numeric_limits<double>::quiet_NaN();

constexpr auto kTooLarge = "too large for a number";

const char* undefined_reason(std::string_view name, const Scored& scored) {
  if (name == "mape") return "a target is zero";
  std::optional<double> first;
  for (std::size_t i = 0; i < scored.target_value.size(); ++i) {
    if (!scored.weight.empty() && scored.weight[i] <= 0.0) continue;
    if (!first) first = scored.target_value[i];
    if (scored.target_value[i] != *first) return kTooLarge;
  }
  return "all targets are equal";
}

// A power of two that values are divided by where fourth powers would leave the range of numbers.
double scale_of(const Scored& scored) {
  double largest = 0.0;
  for (const auto* values : {&scored.target_value, &scored.value}) {
    for (const auto value : *values) largest = std::max(largest, std::abs(value));
  }
  constexpr double kMost = 1e60;
  if (largest == 0.0 || (largest < kMost && largest > 1.0 / kMost)) return 1.0;
  return std::exp2(std::floor(std::log2(largest)));
}

Scored divided(const Scored& scored, double scale) {
  auto result = scored;
  for (auto* values : {&result.target_value, &result.value}) {
    for (auto& value : *values) value /= scale;
  }
  return result;
}

void multiply(Metric& metric, double scale) {
  for (auto* number : {&metric.value, &metric.low, &metric.high}) {
    if (*number) **number *= scale;
  }
  if (metric.value && !std::isfinite(*metric.value)) {
    metric = undefined_metric(metric.name, kTooLarge);
  } else if (metric.high && !std::isfinite(*metric.high)) {
    set_interval(metric, std::nullopt, "");
  }
}

}  // namespace

void RegressionSums::add(const RegressionRow& row, double w, double square) {
  const auto error = row.error * row.error;
  weight += w;
  squares += square;
  squared_error.add(error, w, square);
  absolute_error.add(std::abs(row.error), w, square);
  relative_error.add(row.relative, w, square);
  target += w * row.centred;
  squared_target += w * row.centred * row.centred;
  auto power = square;
  for (std::size_t k = 0; k < target_powers_.size(); ++k, power *= row.centred) {
    target_powers_[k] += power;
    if (k < error_powers_.size()) error_powers_[k] += power * error;
  }
}

double RegressionSums::rmse_error() const {
  return 0.5 * mean_error(squared_error, weight, squares) / rmse();
}
double RegressionSums::mae_error() const { return mean_error(absolute_error, weight, squares); }
double RegressionSums::mape_error() const { return mean_error(relative_error, weight, squares); }
double RegressionSums::pinball_error() const { return 0.5 * mae_error(); }

// Of the derivatives (q c^2 - e^2) / spread, with q squared error over spread and c the distance
// from the mean.
double RegressionSums::r2_error() const {
  const auto rows = effective_size(weight, squares);
  const auto sum = spread();
  if (!(sum > 0.0) || rows <= 1.0) return 0.0;
  const auto m = target / weight;
  const auto& t = target_powers_;
  const auto& e = error_powers_;
  const auto fourth = t[4] + m * (-4.0 * t[3] + m * (6.0 * t[2] + m * (-4.0 * t[1] + m * t[0])));
  const auto mixed = e[2] + m * (-2.0 * e[1] + m * e[0]);
  const auto q = squared_error.wx / sum;
  const auto squared = q * q * fourth - 2.0 * q * mixed + squared_error.w2x2;
  if (squared <= 1e-14 * squared_error.w2x2) return 0.0;  // what rounding leaves
  return std::sqrt(std::max(squared, 0.0) * rows / (rows - 1.0)) / sum;
}

double RegressionSums::rmse() const { return std::sqrt(squared_error.wx / weight); }
double RegressionSums::mae() const { return absolute_error.wx / weight; }
double RegressionSums::mape() const { return relative_error.wx / weight; }
double RegressionSums::pinball() const { return 0.5 * mae(); }

double RegressionSums::spread() const {
  const auto sum = squared_target - target * target / weight;
  return sum > 1e-14 * squared_target ? sum : 0.0;
}

double RegressionSums::r2() const {
  const auto sum = spread();
  return sum > 0.0 ? 1.0 - squared_error.wx / sum : kUndefined;
}

RegressionStatistics::RegressionStatistics(const Scored& scored)
    : own_weight_(row_weights(scored)) {
  const auto size = scored.value.size();
  const auto sum = std::accumulate(scored.target_value.begin(), scored.target_value.end(), 0.0);
  const auto centre = sum / static_cast<double>(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto target = scored.target_value[i];
    const auto error = scored.value[i] - target;
    const auto relative = target == 0.0 ? kUndefined : std::abs(error / target);
    rows_.push_back({error, relative, target - centre});
  }
}

RegressionSums RegressionStatistics::sums(std::span<const double> weight) const {
  RegressionSums sums;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (weight[i] > 0.0) sums.add(rows_[i], weight[i], weight[i] * own_weight_[i]);
  }
  return sums;
}

void RegressionStatistics::evaluate(std::span<const double> weight,
                                    std::span<double> values) const {
  const auto all = sums(weight);
  for (std::size_t m = 0; m < std::size(kRegressionMetrics); ++m) {
    values[m] = (all.*kRegressionMetrics[m].value)();
  }
  for (std::size_t m = 0; m < std::size(kRegressionErrors); ++m) {
    values[std::size(kRegressionMetrics) + m] = (all.*kRegressionErrors[m])();
  }
}

std::vector<double> RegressionStatistics::influence(std::string_view name,
                                                    std::span<const double> weight) const {
  const auto all = sums(weight);
  const auto mean = all.target / all.weight;
  const auto derivative = [&](const RegressionRow& row) {
    const auto square = row.error * row.error;
    if (name == "mae") return (std::abs(row.error) - all.mae()) / all.weight;
    if (name == "pinball") return 0.5 * (std::abs(row.error) - all.mae()) / all.weight;
    if (name == "mape") return (row.relative - all.mape()) / all.weight;
    if (name == "rmse") {
      const auto rmse = all.rmse();
      return rmse > 0.0 ? (square - rmse * rmse) / (2.0 * rmse * all.weight) : 0.0;
    }
    const auto spread = all.spread();
    const auto centred = row.centred - mean;
    return (all.squared_error.wx * centred * centred / spread - square) / spread;
  };
  std::vector<double> influence(rows_.size(), 0.0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (weight[i] > 0.0) influence[i] = weight[i] * derivative(rows_[i]);
  }
  return influence;
}

std::vector<Metric> measure_regression(const Scored& scored, const MeasureOptions& options) {
  if (const auto scale = scale_of(scored); scale != 1.0) {
    auto metrics = measure_regression(divided(scored, scale), options);
    for (auto& metric : metrics) {
      if (metric.name != "r2" && metric.name != "mape") multiply(metric, scale);
    }
    return metrics;
  }
  const RegressionStatistics statistics(scored);
  const auto weight = row_weights(scored);
  const auto sums = statistics.sums(weight);
  std::vector<Metric> metrics;
  for (const auto& [name, value] : kRegressionMetrics) {
    if (sums.weight <= 0.0) {
      metrics.push_back(
          undefined_metric(name, weight.empty() ? "no rows" : "all weights are zero"));
      continue;
    }
    const auto one = (sums.*value)();
    metrics.push_back(std::isnan(one) ? undefined_metric(name, undefined_reason(name, scored))
                                      : valued_metric(name, one));
  }
  if (!options.intervals || sums.weight <= 0.0) return metrics;
  std::vector<std::vector<double>> samples;
  if (resample_count(weight.size()) == kFullResamples) {
    samples = bootstrap_samples(statistics, weight, kFullResamples);
  }
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    if (!metrics[m].value) continue;
    const std::vector<double> none;
    set_smooth_interval(metrics[m], samples.empty() ? none : samples[m],
                        samples.empty() ? none : samples[metrics.size() + m],
                        spread_of(statistics.influence(metrics[m].name, weight), weight),
                        options.confidence);
  }
  return metrics;
}

}  // namespace candor
