// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report.h"

#include "core/config/metric_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/metrics/language_parts.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

std::vector<Metric> measure(const Scored& scored, const MeasureOptions& options) {
  switch (scored.kind) {
    case OutputKind::classification: return measure_classification(scored, options);
    case OutputKind::regression: return measure_regression(scored, options);
    case OutputKind::language_model: return measure_language(scored, options);
  }
  return {};
}

std::string known_names(const Report& report) {
  std::string names;
  for (const auto& metric : report.metrics) names += (names.empty() ? "" : ", ") + metric.name;
  return names;
}

// Why a bound is not kept; empty when all are.
std::string violation(const GateResult& gate) {
  if (gate.min && *gate.value < *gate.min) {
    return fmt::format("{} is {:.6g}, below min {:.6g}", gate.metric, *gate.value, *gate.min);
  }
  if (gate.max && *gate.value > *gate.max) {
    return fmt::format("{} is {:.6g}, above max {:.6g}", gate.metric, *gate.value, *gate.max);
  }
  return {};
}

// A gate looks at the value, not at the interval.
GateResult check_gate(const Report& report, const std::string& name, const GateConfig& bounds) {
  GateResult gate{name, bounds.min, bounds.max, std::nullopt, false, ""};
  const auto* metric = report.find(name);
  if (metric == nullptr) {
    gate.reason = fmt::format("this task has no metric '{}'; it has {}", name, known_names(report));
    return gate;
  }
  gate.value = metric->value;
  gate.reason =
      gate.value ? violation(gate) : fmt::format("{} is undefined: {}", name, metric->reason);
  gate.passed = gate.reason.empty();
  return gate;
}

}  // namespace

const Metric* Report::find(const std::string& name) const {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

bool Report::passed() const {
  return std::all_of(gates.begin(), gates.end(),
                     [](const GateResult& gate) { return gate.passed; });
}

Report make_report(const Scored& scored, const EvaluateConfig& config, bool intervals) {
  check_scored(scored);
  const MeasureOptions options{config.confidence, intervals};
  Report report;
  report.kind = scored.kind;
  report.count = static_cast<std::int64_t>(row_count(scored));
  report.weight_column = scored.weight_column;
  report.confidence = config.confidence;
  report.metrics = measure(scored, options);
  if (scored.kind == OutputKind::classification) {
    report.labels = scored.labels;
    report.per_class = measure_classes(scored, options);
    report.confusion = confusion_matrix(scored);
  }
  if (scored.kind == OutputKind::language_model) {
    report.baseline = measure_baseline(scored, options);
    report.by_position = measure_positions(scored, options);
    report.by_document = measure_documents(scored, options);
  }
  report.groups = measure_groups(scored, options);
  for (const auto& [name, bounds] : config.gates) {
    report.gates.push_back(check_gate(report, name, bounds));
  }
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
  const auto* info = find_metric_info(name);
  return info == nullptr || info->higher_is_better;
}

}  // namespace candor
