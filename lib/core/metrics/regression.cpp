// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numeric>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

// Weighted sums; targets are taken from a fixed centre so that squares keep their digits.
struct Sums {
  double weight = 0.0;
  double squared_error = 0.0;
  double absolute_error = 0.0;
  double target = 0.0;
  double squared_target = 0.0;

  void add(double w, double error, double centred) {
    weight += w;
    squared_error += w * error * error;
    absolute_error += w * std::abs(error);
    target += w * centred;
    squared_target += w * centred * centred;
  }
  double rmse() const { return std::sqrt(squared_error / weight); }
  double mae() const { return absolute_error / weight; }
  // Sum of squares about the mean; 0 when nothing but rounding is left.
  double spread() const {
    const auto sum = squared_target - target * target / weight;
    return sum > 1e-14 * squared_target ? sum : 0.0;
  }
  double r2() const { return 1.0 - squared_error / spread(); }
};

struct Rows {
  std::vector<double> weight, error, centred;
};

Rows rows_of(const Scored& scored) {
  Rows rows;
  rows.weight = row_weights(scored);
  const auto size = scored.value.size();
  const auto sum = std::accumulate(scored.target_value.begin(), scored.target_value.end(), 0.0);
  const auto centre = sum / static_cast<double>(size);
  for (std::size_t i = 0; i < size; ++i) {
    rows.error.push_back(scored.value[i] - scored.target_value[i]);
    rows.centred.push_back(scored.target_value[i] - centre);
  }
  return rows;
}

struct Samples {
  std::vector<double> rmse, mae, r2;
};

Samples resample(const Rows& rows) {
  Samples samples;
  std::vector<std::uint32_t> counts;
  for (std::size_t r = 0; r < resample_count(rows.weight.size()); ++r) {
    draw_counts(rows.weight.size(), r, counts);
    Sums sums;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0) sums.add(rows.weight[i] * counts[i], rows.error[i], rows.centred[i]);
    }
    if (sums.weight <= 0.0) continue;
    samples.rmse.push_back(sums.rmse());
    samples.mae.push_back(sums.mae());
    if (sums.spread() > 0.0) samples.r2.push_back(sums.r2());
  }
  return samples;
}

void set_bootstrap(Metric& metric, std::vector<double> samples, double confidence) {
  if (!metric.value) return;
  const auto& info = *find_metric_info(metric.name);
  set_interval(
      metric,
      bootstrap_interval(*metric.value, std::move(samples), confidence, info.lowest, info.highest),
      "bootstrap");
}

}  // namespace

std::vector<Metric> measure_regression(const Scored& scored, const MeasureOptions& options) {
  const auto rows = rows_of(scored);
  Sums sums;
  for (std::size_t i = 0; i < rows.weight.size(); ++i) {
    sums.add(rows.weight[i], rows.error[i], rows.centred[i]);
  }
  if (sums.weight <= 0.0) {
    const auto* reason = rows.weight.empty() ? "no rows" : "all weights are zero";
    return {undefined_metric("rmse", reason), undefined_metric("mae", reason),
            undefined_metric("r2", reason)};
  }
  std::vector<Metric> metrics = {
      valued_metric("rmse", sums.rmse()), valued_metric("mae", sums.mae()),
      sums.spread() > 0.0 ? valued_metric("r2", sums.r2())
                          : undefined_metric("r2", "all targets are equal")};
  if (!options.intervals) return metrics;
  auto samples = resample(rows);
  set_bootstrap(metrics[0], std::move(samples.rmse), options.confidence);
  set_bootstrap(metrics[1], std::move(samples.mae), options.confidence);
  set_bootstrap(metrics[2], std::move(samples.r2), options.confidence);
  return metrics;
}

}  // namespace candor
