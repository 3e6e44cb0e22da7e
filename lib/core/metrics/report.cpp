// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/config/metric_list.h"
#include "core/metrics/gates.h"
#include "core/metrics/groups.h"
#include "core/metrics/language_parts.h"
#include "core/metrics/measures.h"
#include "core/metrics/scored_limits.h"

namespace candor {
namespace {

std::vector<Metric> measure(const Scored& scored, const MeasureOptions& options) {
  switch (scored.kind) {
    case OutputKind::classification: {
      auto metrics = measure_classification(scored, options);
      limit_metrics(scored, metrics);
      return metrics;
    }
    case OutputKind::regression: return measure_regression(scored, options);
    case OutputKind::language_model: return measure_language(scored, options);
  }
  return {};
}

std::string decided_by(const Scored& scored) {
  if (scored.kind != OutputKind::classification) return {};
  if (!scored.decided_by.empty()) return scored.decided_by;
  if (scored.threshold) {
    return fmt::format("threshold {:.6g} ({})", scored.threshold->value,
                       scored.threshold->chosen_by);
  }
  if (!scored.decided.empty()) return "what the rows say, by a rule that is not known here";
  return scored.ranking ? "nothing: a ranking without a threshold" : "the most probable class";
}

void add_groups_and_gates(const Scored& scored, const EvaluateConfig& config, Report& report) {
  std::optional<GroupStudy> study;
  const bool has_groups = scored.kind != OutputKind::language_model;
  if (has_groups && !(scored.groups.empty() && config.gates.empty())) {
    study.emplace(scored, GroupOptions{config.min_count, config.intersections, config.slices});
    for (const auto& [column, values] : scored.groups) {
      if (study->find({column}) != nullptr) continue;
      report.findings.push_back("The column '" + column +
                                "' is left out of the groups: more than " +
                                std::to_string(kMostGroupValues) + " values are no groups.");
    }
    report.groups = study->rows(config.confidence);
    report.gaps = study->gaps(config.confidence);
    report.inequality = study->inequality(config.confidence);
    report.slices = study->slices(config.confidence);
  }
  report.allow_undecided = config.allow_undecided;
  const auto at = [](double confidence) {
    return MeasureOptions{confidence, true, /*each_end=*/true};
  };
  const MeasureAt measure_at{[&](double confidence) { return measure(scored, at(confidence)); },
                             [&](double confidence) {
                               return measure_document_groups(scored, at(confidence),
                                                              config.min_count);
                             }};
  report.gates = judge_gates(report, config, study ? &*study : nullptr, measure_at);
}

}  // namespace

const Metric* find_metric(const std::vector<Metric>& metrics, std::string_view name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

const Metric* Report::find(const std::string& name) const { return find_metric(metrics, name); }

bool Report::passed() const {
  return std::all_of(gates.begin(), gates.end(), [this](const GateResult& gate) {
    return gate.state == GateState::passed ||
           (gate.state == GateState::undecided && allow_undecided);
  });
}

Report make_report(const Scored& scored, const EvaluateConfig& config, bool intervals) {
  check_scored(scored);
  const MeasureOptions options{config.confidence, intervals};
  Report report;
  report.kind = scored.kind;
  report.count = static_cast<std::int64_t>(row_count(scored));
  report.weight_column = scored.weight_column;
  report.confidence = config.confidence;
  report.threshold = scored.threshold;
  report.decided_by = decided_by(scored);
  report.ranking = scored.ranking;
  report.examples = config.examples;
  report.metrics = measure(scored, options);
  if (scored.kind == OutputKind::classification) {
    report.labels = scored.labels;
    report.per_class = measure_classes(scored, options);
    report.confusion = confusion_matrix(scored);
  }
  if (scored.kind == OutputKind::language_model) {
    report.sliding_stride = scored.sliding_stride;
    report.tokenizer = scored.tokenizer;
    report.baseline = measure_baseline(scored, options);
    report.by_position = measure_positions(scored, options);
    report.by_document = measure_documents(scored, options);
    if (intervals) {
      report.groups = measure_document_groups(scored, options, config.min_count);
    }
  }
  report.decision = scored.decision;
  if (report.decision) {
    for (auto& group : report.decision->groups) group.small = group.count < config.min_count;
  }
  if (intervals) add_groups_and_gates(scored, config, report);
  limit_report(scored, report);
  return report;
}

std::vector<std::string> metric_names(TaskType task) {
  std::vector<std::string> names;
  for (const auto& info : metric_list()) {
    if (info.task == task) names.emplace_back(info.name);
  }
  return names;
}

bool metric_higher_is_better(const std::string& name) {
  const auto* info = find_reported_metric_info(name);
  return info == nullptr || info->higher_is_better;
}

}  // namespace candor
