// SPDX-License-Identifier: Apache-2.0
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

const char* undefined_reason(std::string_view name) {
  return name == "r2" ? "all targets are equal" : "a target is zero";
}

}  // namespace

void RegressionSums::add(const RegressionRow& row, double w) {
  weight += w;
  squared_error += w * row.error * row.error;
  absolute_error += w * std::abs(row.error);
  relative_error += w * row.relative;
  target += w * row.centred;
  squared_target += w * row.centred * row.centred;
  squared_relative += w * row.relative * row.relative;
  fourth_error += w * row.error * row.error * row.error * row.error;
}

double RegressionSums::rmse_error() const {
  return 0.5 * mean_error(squared_error, fourth_error, weight) / rmse();
}
double RegressionSums::mae_error() const {
  return mean_error(absolute_error, squared_error, weight);
}
double RegressionSums::mape_error() const {
  return mean_error(relative_error, squared_relative, weight);
}

double RegressionSums::rmse() const { return std::sqrt(squared_error / weight); }
double RegressionSums::mae() const { return absolute_error / weight; }
double RegressionSums::mape() const { return relative_error / weight; }
double RegressionSums::pinball() const { return 0.5 * mae(); }

double RegressionSums::spread() const {
  const auto sum = squared_target - target * target / weight;
  return sum > 1e-14 * squared_target ? sum : 0.0;
}

double RegressionSums::r2() const {
  const auto sum = spread();
  return sum > 0.0 ? 1.0 - squared_error / sum : kUndefined;
}

RegressionStatistics::RegressionStatistics(const Scored& scored) {
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
    if (weight[i] > 0.0) sums.add(rows_[i], weight[i]);
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
    return (all.squared_error * centred * centred / spread - square) / spread;
  };
  std::vector<double> influence(rows_.size(), 0.0);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (weight[i] > 0.0) influence[i] = weight[i] * derivative(rows_[i]);
  }
  return influence;
}

std::vector<Metric> measure_regression(const Scored& scored, const MeasureOptions& options) {
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
    metrics.push_back(std::isnan(one) ? undefined_metric(name, undefined_reason(name))
                                      : valued_metric(name, one));
  }
  if (!options.intervals || sums.weight <= 0.0) return metrics;
  std::vector<std::vector<double>> samples;
  if (!is_weighted(weight) && resample_count(weight.size()) == kFullResamples) {
    samples = bootstrap_samples(statistics, weight, kFullResamples);
  }
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    if (!metrics[m].value) continue;
    // Half of `mae`, sample by sample.
    const auto error = metrics[m].name == "pinball" ? std::size_t{1} : m;
    const auto studentised = !samples.empty() && error < std::size(kRegressionErrors);
    auto errors = studentised ? samples[metrics.size() + error] : std::vector<double>();
    if (metrics[m].name == "pinball") {
      for (auto& one : errors) one *= 0.5;
    }
    set_smooth_interval(metrics[m], samples.empty() ? std::vector<double>() : samples[m], errors,
                        spread_of(statistics.influence(metrics[m].name, weight), weight),
                        options.confidence);
  }
  return metrics;
}

}  // namespace candor
