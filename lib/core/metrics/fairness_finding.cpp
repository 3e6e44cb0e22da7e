// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/fairness_finding.h"

#include <fmt/format.h>

#include <algorithm>

namespace candor {

std::optional<std::string> fairness_finding(const Report& report, const TrainConfig& train) {
  const auto& fairness = train.fairness;
  if (!fairness || fairness->method != FairnessMethod::exponentiated_gradient) return std::nullopt;
  const auto* wanted = fairness->constraint == GroupConstraint::demographic_parity
                           ? "demographic_parity_difference_to_overall"
                           : "equalized_odds_difference_to_overall";
  const auto column = std::find_if(report.gaps.begin(), report.gaps.end(), [&](const auto& gaps) {
    return gaps.column == fairness->group;
  });
  if (column == report.gaps.end()) return std::nullopt;
  for (const auto& range : column->ranges) {
    const auto& value = range.metric.value;
    if (range.metric.name != wanted || !value || *value <= fairness->max_difference) continue;
    const auto small = column->small.empty()
                           ? std::string()
                           : fmt::format(" ('{}' has few rows)", column->small.front());
    return fmt::format(
        "train.fairness did not reach what it was asked for on the {} rows: {} of '{}' is {:.3f}, "
        "and train.fairness.max_difference {:g}{}. Train longer, change train.fairness.step, or "
        "fit thresholds by group (task.threshold).",
        report.split, wanted, fairness->group, *value, fairness->max_difference, small);
  }
  return std::nullopt;
}

}  // namespace candor
