// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/scored_limits.h"

#include <algorithm>
#include <array>

#include "core/metrics/measures.h"

namespace candor {
namespace {

constexpr std::array<std::string_view, 3> kOfOrder = {"roc_auc", "average_precision", "base_rate"};
constexpr std::array<std::string_view, 5> kOfProbabilities = {
    "log_loss", "brier", "ece", "rms_calibration_error", "calibration"};

// Also with what compares groups behind it: "ece_difference".
bool is_one_of(const auto& names, std::string_view metric) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return metric.starts_with(name); });
}

void limit(const Scored& scored, Metric& metric) {
  const auto fault = ranking_fault(scored, metric.name);
  if (fault.empty()) return;
  auto undefined = undefined_metric(metric.name, fault);
  undefined.higher_is_better = metric.higher_is_better;
  metric = std::move(undefined);
}

}  // namespace

std::string ranking_fault(const Scored& scored, std::string_view metric) {
  if (!scored.ranking || is_one_of(kOfOrder, metric)) return {};
  if (is_one_of(kOfProbabilities, metric)) return "the scores are a ranking, not probabilities";
  return scored.decided.empty() ? "a ranking decides nothing without a threshold" : "";
}

void limit_metrics(const Scored& scored, std::vector<Metric>& metrics) {
  for (auto& metric : metrics) limit(scored, metric);
}

void limit_report(const Scored& scored, Report& report) {
  if (!scored.ranking) return;
  for (auto& group : report.groups) limit_metrics(scored, group.metrics);
  for (auto& gaps : report.gaps) {
    for (auto& range : gaps.ranges) limit(scored, range.metric);
    std::erase_if(gaps.pairs,
                  [&](const PairGap& pair) { return !ranking_fault(scored, pair.metric).empty(); });
  }
  if (!scored.decided.empty()) return;
  report.inequality.clear();
  report.slices.reset();
  report.per_class.clear();
  report.confusion.clear();
}

}  // namespace candor
