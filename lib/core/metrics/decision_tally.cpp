// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decision_tally.h"

#include <algorithm>
#include <cmath>

#include "core/metrics/beside_all.h"
#include "core/metrics/decisions.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

// Of rows that all have this size. The width of an interval is the rule's own, and no estimate; of
// sets of the same size other rows may have others, up to all classes.
void set_constant(Metric& metric, const DecisionTally& tally, double confidence) {
  const auto size = *metric.value;
  if (tally.intervals) return set_interval(metric, Interval{size, size}, "constant");
  const auto classes = static_cast<double>(tally.classes);
  const auto rows = effective_size(tally.weight, tally.weight_squares);
  const auto share = constant_outcome_interval(
      size / classes, static_cast<std::size_t>(std::max(1.0, rows)), confidence);
  set_interval(metric, Interval{classes * share.low, classes * share.high}, "constant outcome");
}

// A group with too few calibration rows has intervals without ends.
Metric size_metric(const DecisionTally& tally, double confidence) {
  const std::string name = tally.intervals ? "interval_width" : "set_size";
  if (tally.weight <= 0.0) return undefined_metric(name, "there are no rows");
  if (!std::isfinite(tally.largest)) return undefined_metric(name, kNoEnds);
  auto metric = valued_metric(name, tally.sizes.wx / tally.weight);
  if (!metric.value) return metric;
  // But for what rounding does to the two ends of an interval.
  if (tally.largest - tally.smallest <= 1e-9 * tally.largest) {
    set_constant(metric, tally, confidence);
    return metric;
  }
  const auto error = mean_error(tally.sizes, tally.weight, tally.weight_squares);
  std::optional<Interval> interval;
  const WeightSums weights{tally.weight, tally.weight_squares,
                           static_cast<std::size_t>(tally.covered.rows)};
  const bool heavy = weights.few_are_heavy();
  if (error > 0.0 && !heavy) {
    const auto half = student_factor(weights.rows() - 1.0, confidence) * error;
    interval = Interval{std::max(0.0, *metric.value - half), *metric.value + half};
  }
  set_interval(metric, interval, "student");
  if (heavy) refuse_interval(metric, kHeavyRows);
  return metric;
}

}  // namespace

std::vector<Metric> decision_metrics(const DecisionTally& tally, double confidence, bool exact) {
  std::vector<Metric> metrics;
  if (tally.classes > 0 || tally.intervals) {
    metrics.push_back(estimated_share(tally.intervals ? "interval_coverage" : "set_coverage",
                                      tally.covered, "there are no rows", confidence, exact));
    metrics.push_back(size_metric(tally, confidence));
  }
  if (tally.abstention) {
    metrics.push_back(
        estimated_share("answered", tally.answered, "there are no rows", confidence, exact));
    metrics.push_back(estimated_share("accuracy_answered", tally.right_of_answered,
                                      "no row is answered", confidence, exact));
  }
  return metrics;
}

}  // namespace candor
