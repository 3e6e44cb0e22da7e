// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/metrics/group_gaps.h"

namespace candor {
namespace {

// Mean and standard error of a function of the benefits 0, 1, 2, whose shares are p0, p1, p2.
struct Benefits {
  double p0 = 0.0, p2 = 0.0, rows = 0.0;
};

Metric index_metric(const std::string& name, double value, double at0, double at1, double at2,
                    const Benefits& benefits, double confidence) {
  auto metric = valued_metric(name, value);
  metric.higher_is_better = false;
  const auto p1 = 1.0 - benefits.p0 - benefits.p2;
  const auto mean = benefits.p0 * at0 + p1 * at1 + benefits.p2 * at2;
  const auto variance =
      benefits.p0 * at0 * at0 + p1 * at1 * at1 + benefits.p2 * at2 * at2 - mean * mean;
  const auto half = normal_quantile(0.5 * (1.0 + confidence)) *
                    std::sqrt(std::max(0.0, variance) / benefits.rows);
  const bool spread = half > 1e-12;
  set_interval(
      metric,
      spread ? std::optional(Interval{std::max(0.0, value - half), value + half}) : std::nullopt,
      "delta");
  return metric;
}

}  // namespace

std::vector<Metric> inequality_indices(const GroupSums& all, double confidence) {
  if (all.classes.size() != 2 || all.weight <= 0.0) {
    const auto* reason = all.classes.size() == 2 ? "no rows" : "only for two classes";
    return {undefined_metric("theil_index", reason),
            undefined_metric("generalized_entropy_index", reason)};
  }
  // A false negative gets 0, a false positive 2, a right answer 1.
  const Benefits benefits{(all.classes[1].truth - all.classes[1].hit) / all.weight,
                          (all.classes[0].truth - all.classes[0].hit) / all.weight,
                          all.effective_rows()};
  const auto mean = 1.0 + benefits.p2 - benefits.p0;
  if (mean <= 0.0) {
    const auto* reason = "every row is a false negative";
    return {undefined_metric("theil_index", reason),
            undefined_metric("generalized_entropy_index", reason)};
  }
  const auto log_sum = benefits.p2 * 2.0 * std::log(2.0);
  const auto square = 1.0 - benefits.p0 - benefits.p2 + 4.0 * benefits.p2;
  const auto theil = log_sum / mean - std::log(mean);
  const auto entropy = 0.5 * (square / (mean * mean) - 1.0);
  // Influence of a row with benefit b: the derivative by the sums it adds to.
  const auto theil_of = [&](double b) {
    const auto own = b > 0.0 ? b * std::log(b) : 0.0;
    return own / mean - (log_sum / (mean * mean) + 1.0 / mean) * b;
  };
  const auto entropy_of = [&](double b) {
    return 0.5 * b * b / (mean * mean) - square / (mean * mean * mean) * b;
  };
  return {index_metric("theil_index", theil, theil_of(0), theil_of(1), theil_of(2), benefits,
                       confidence),
          index_metric("generalized_entropy_index", entropy, entropy_of(0), entropy_of(1),
                       entropy_of(2), benefits, confidence)};
}

}  // namespace candor
