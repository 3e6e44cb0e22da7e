// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/paired_tests.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "core/metrics/averages.h"
#include "core/metrics/bootstrap.h"

namespace candor {
namespace {

// So few resamples that are as far away say little of how rare they are.
constexpr double kFewFar = 10.0;

// The mean of rows, by their weight.
class MeanStatistic : public RowStatistics {
 public:
  explicit MeanStatistic(std::span<const double> values) : values_(values) {}
  std::size_t size() const override { return 1; }
  void evaluate(std::span<const double> weight, std::span<double> values) const override {
    values[0] = std::inner_product(weight.begin(), weight.end(), values_.begin(), 0.0) /
                std::accumulate(weight.begin(), weight.end(), 0.0);
  }

 private:
  std::span<const double> values_;
};

}  // namespace

Difference undefined_difference(const std::string& metric, const std::string& reason) {
  Difference difference;
  difference.metric = metric;
  difference.reason = reason;
  return difference;
}

double mcnemar_exact(std::size_t only_a, std::size_t only_b) {
  const auto fewer = static_cast<double>(std::min(only_a, only_b));
  const auto more = static_cast<double>(std::max(only_a, only_b));
  if (fewer == more) return 1.0;
  // P(X <= fewer) of fewer + more trials with chance 1/2.
  return std::min(1.0, 2.0 * boost::math::ibeta(more, fewer + 1.0, 0.5));
}

double bootstrap_p(double value, const std::vector<double>& samples) {
  // Rounding must not count a sample that is as far away as no farther.
  const auto bound = std::abs(value) * (1.0 - 1e-12);
  double far = 1.0;
  double all = 1.0;
  double squares = 0.0;
  for (const auto sample : samples) {
    if (std::isnan(sample)) continue;
    all += 1.0;
    far += std::abs(sample - value) >= bound ? 1.0 : 0.0;
    squares += (sample - value) * (sample - value);
  }
  const auto counted = far / all;
  if (far > kFewFar || squares == 0.0) return counted;
  const auto z = std::abs(value) / std::sqrt(squares / (all - 1.0));
  return std::min(counted, std::erfc(z / std::numbers::sqrt2));
}

MeanDifference paired_bootstrap(std::span<const double> differences, double confidence) {
  MeanDifference result;
  if (differences.empty()) return result;
  result.value = mean_of(differences);
  const std::vector<double> once(differences.size(), 1.0);
  std::vector<double> influence;
  for (const auto difference : differences) {
    influence.push_back((difference - result.value) / static_cast<double>(differences.size()));
  }
  const auto spread = spread_of(influence, once);
  const auto samples =
      bootstrap_samples(MeanStatistic(differences), once, resample_count(once.size())).front();
  const auto infinity = std::numeric_limits<double>::infinity();
  result.interval = bca_interval(result.value, samples, spread.acceleration, spread.rows,
                                 confidence, -infinity, infinity);
  if (result.interval) result.p = bootstrap_p(result.value, samples);
  return result;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto scaled = p[order[rank]] * static_cast<double>(p.size() - rank);
    largest = std::max(largest, std::min(1.0, scaled));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

MeanDifference corrected_resampled_t(std::span<const double> differences, double test_share,
                                     double confidence) {
  MeanDifference result;
  if (differences.empty()) return result;
  result.value = mean_of(differences);
  const auto count = static_cast<double>(differences.size());
  double squares = 0.0;
  for (const auto difference : differences) {
    squares += (difference - result.value) * (difference - result.value);
  }
  if (count < 2.0 || squares <= 0.0) return result;
  const auto error = std::sqrt((1.0 / count + test_share) * squares / (count - 1.0));
  const auto half = student_quantile(0.5 * (1.0 + confidence), count - 1.0) * error;
  result.interval = Interval{result.value - half, result.value + half};
  const boost::math::students_t_distribution<double> student(count - 1.0);
  result.p = 2.0 * boost::math::cdf(student, -std::abs(result.value) / error);
  return result;
}

}  // namespace candor
