// SPDX-License-Identifier: Apache-2.0
#include "core/runs/paired.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/config/metric_list.h"
#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"
#include "core/metrics/scored_limits.h"
#include "core/runs/match_texts.h"
#include "core/select/cross_validation.h"

namespace candor {
namespace {

constexpr std::array<std::string_view, 12> kCompared = {"accuracy", "balanced_accuracy",
                                                        "f1",       "f1_macro",
                                                        "roc_auc",  "average_precision",
                                                        "log_loss", "brier",
                                                        "ece",      "rmse",
                                                        "mae",      "r2"};

bool is_compared(const MetricInfo& info, const Scored& scored,
                 const std::optional<std::string>& only) {
  if (info.task != task_of(scored.kind)) return false;
  if (only) return *only == info.name;
  const bool two = scored.labels.size() == 2;
  if (std::string_view(info.name) == (two ? "f1_macro" : "f1")) return false;
  return std::find(kCompared.begin(), kCompared.end(), info.name) != kCompared.end();
}

// The difference in one metric; what scores that only order rows leave undefined has a reason.
Difference difference_in(const std::string& metric, const Scored& first, const Scored& other) {
  auto fault = ranking_fault(first, metric);
  if (fault.empty()) fault = ranking_fault(other, metric);
  return fault.empty() ? compare_scored(metric, other, first, kPairedConfidence)
                       : undefined_difference(metric, fault);
}

void compare_by_folds(const Compared& first, const Compared& other,
                      const std::optional<std::string>& only, PairedResult& result) {
  const auto a = read_folds(first.record.path), b = read_folds(other.record.path);
  if (!a || !b || a->digest != b->digest || a->scores.size() != b->scores.size()) return;
  result.folds = static_cast<std::int64_t>(a->scores.size());
  for (const auto& metric : a->metrics) {
    const bool wanted =
        only ? *only == metric.name
             : std::find(kCompared.begin(), kCompared.end(), metric.name) != kCompared.end();
    if (!wanted || b->find(metric.name) == nullptr) continue;
    result.by_folds.push_back(
        {compare_folds(*b, *a, metric.name, kPairedConfidence), std::nullopt});
  }
}

// Whether the models answer the same to every row, which leaves nothing to test.
bool same_answers(const Scored& a, const Scored& b) {
  return a.probabilities == b.probabilities && predicted_classes(a) == predicted_classes(b) &&
         a.value == b.value;
}

bool sets_differ(const RunRecord& first, const RunRecord& other) {
  const auto& list = decision_metric_list();
  return std::any_of(list.begin(), list.end(), [&](const MetricInfo& info) {
    const auto* a = first.find(info.name);
    const auto* b = other.find(info.name);
    if (a == nullptr || b == nullptr) return a != b;
    return a->value != b->value;
  });
}

void compare_rows(const Compared& first, const Compared& other,
                  const std::optional<std::string>& metric, PairedResult& result) {
  const auto scored = matched(first, other, result.why_not);
  if (!scored) return;
  result.rows = static_cast<std::int64_t>(row_count(*first.scored));
  if (first.scored->kind == OutputKind::regression) result.answers = "predictions";
  result.identical = same_answers(*first.scored, *scored);
  result.sets_differ = sets_differ(first.record, other.record);
  if (result.identical) return;
  for (const auto& info : metric_list()) {
    if (!is_compared(info, *first.scored, metric)) continue;
    result.metrics.push_back({difference_in(info.name, *first.scored, *scored), std::nullopt});
  }
}

bool is_text(const Compared& compared) {
  return compared.scored && compared.scored->kind == OutputKind::language_model;
}

PairedResult compare_pair(const std::vector<Compared>& compared, std::size_t first,
                          std::size_t other, const std::optional<std::string>& metric) {
  PairedResult result;
  result.first = first;
  result.other = other;
  const auto& a = compared[first];
  const auto& b = compared[other];
  compare_by_folds(a, b, metric, result);
  if (is_text(a) && is_text(b)) {
    compare_text_pair(a, b, metric, result);
  } else {
    compare_rows(a, b, metric, result);
  }
  return result;
}

// For each metric over all pairs that have a p.
void correct(std::vector<PairedResult>& pairs, std::vector<PairedMetric> PairedResult::*list,
             const std::string& metric) {
  std::vector<PairedMetric*> tested;
  std::vector<double> p;
  for (auto& pair : pairs) {
    for (auto& one : pair.*list) {
      if (one.difference.metric != metric || !one.difference.p) continue;
      tested.push_back(&one);
      p.push_back(*one.difference.p);
    }
  }
  if (p.empty()) return;
  const auto corrected = holm(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = corrected[i];
}

std::string number(double value) {
  return fixed(value, std::max(3, std::min(6, decimals_for(value))));
}

std::string p_text(double p) {
  if (p < 0.001) return "below 0.001";
  return fmt::format("{:.2g}", p);
}

}  // namespace

std::vector<PairedResult> compare_pairs(const std::vector<Compared>& compared,
                                        const std::optional<std::string>& metric, bool all_pairs) {
  std::vector<PairedResult> pairs;
  for (std::size_t first = 0; first < (all_pairs ? compared.size() : 1); ++first) {
    for (std::size_t other = first + 1; other < compared.size(); ++other) {
      pairs.push_back(compare_pair(compared, first, other, metric));
    }
  }
  for (const auto& info : metric_list()) {
    correct(pairs, &PairedResult::metrics, info.name);
    correct(pairs, &PairedResult::by_folds, info.name);
  }
  return pairs;
}

std::vector<std::string> undefined_lines(const std::vector<PairedMetric>& metrics) {
  std::vector<std::string> reasons, names;
  for (const auto& [difference, p] : metrics) {
    if (difference.value) continue;
    const auto found = std::find(reasons.begin(), reasons.end(), difference.reason);
    if (found == reasons.end()) {
      reasons.push_back(difference.reason);
      names.push_back(difference.metric);
    } else {
      names[static_cast<std::size_t>(found - reasons.begin())] += ", " + difference.metric;
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) names[i] += ": " + reasons[i];
  return names;
}

std::string paired_sentence(const PairedResult& pair, const PairedMetric& metric,
                            const std::vector<std::string>& names) {
  const auto& difference = metric.difference;
  const auto& first = names[pair.first];
  const auto& other = names[pair.other];
  if (!difference.value) {
    return fmt::format("{} is undefined: {}", difference.metric, difference.reason);
  }
  const bool tested = metric.p_holm && difference.low && difference.high;
  if (!tested && *difference.value == 0.0) {
    return fmt::format("{} is the same in both, so that there is nothing to test",
                       difference.metric);
  }
  if (!tested) {
    return fmt::format("{}: {} less {} is {}; {}", difference.metric, other, first,
                       number(*difference.value),
                       difference.reason.empty() ? "there is no test for it" : difference.reason);
  }
  const auto p = p_text(*metric.p_holm);
  const bool told = *metric.p_holm < 1.0 - kPairedConfidence && *difference.value != 0.0;
  if (!told) {
    return fmt::format("{}: no difference can be told; {} less {} is {} [{}, {}], p {}",
                       difference.metric, other, first, number(*difference.value),
                       number(*difference.low), number(*difference.high), p);
  }
  const bool better = metric_higher_is_better(difference.metric) == (*difference.value > 0.0);
  const bool positive = *difference.value > 0.0;
  const auto size = std::abs(*difference.value);
  const auto low = positive ? *difference.low : -*difference.high;
  const auto high = positive ? *difference.high : -*difference.low;
  return fmt::format("{} is better than {} in {} by {} [{}, {}], p {}", better ? other : first,
                     better ? first : other, difference.metric, number(size), number(low),
                     number(high), p);
}

}  // namespace candor
