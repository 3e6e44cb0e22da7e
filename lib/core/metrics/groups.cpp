// SPDX-License-Identifier: Apache-2.0
// Metrics by the values of group columns. Small groups are shown and marked, never hidden.
#include "core/metrics/measures.h"

namespace candor {
namespace {

constexpr std::size_t kSmallGroup = 30;

using RowNumbers = std::vector<std::size_t>;

std::map<std::string, RowNumbers> rows_by_value(const std::vector<std::string>& values) {
  std::map<std::string, RowNumbers> rows;
  for (std::size_t i = 0; i < values.size(); ++i) rows[values[i]].push_back(i);
  return rows;
}

// For two classes also how often the positive one (the last) is predicted: overall, where it is
// true, and where it is not.
std::vector<Metric> classification_group(const Scored& scored,
                                         const std::vector<std::int64_t>& predicted,
                                         const std::vector<double>& weight, const RowNumbers& rows,
                                         const MeasureOptions& options) {
  Share accuracy, selected, among_positive, among_negative;
  for (const auto row : rows) {
    const auto positive = scored.target[row] == 1;
    const auto chosen = predicted[row] == 1;
    accuracy.add(scored.target[row] == predicted[row], weight[row]);
    selected.add(chosen, weight[row]);
    (positive ? among_positive : among_negative).add(chosen, weight[row]);
  }
  std::vector<Metric> metrics = {
      share_metric("accuracy", accuracy, "all weights are zero", options)};
  if (scored.labels.size() != 2) return metrics;
  metrics.push_back(share_metric("selection_rate", selected, "all weights are zero", options));
  metrics.push_back(
      share_metric("true_positive_rate", among_positive, "no positive rows", options));
  metrics.push_back(
      share_metric("false_positive_rate", among_negative, "no negative rows", options));
  metrics.back().higher_is_better = false;
  return metrics;
}

std::vector<Metric> regression_group(const Scored& scored, const std::vector<double>& weight,
                                     const RowNumbers& rows, const MeasureOptions& options) {
  Scored part;
  part.kind = OutputKind::regression;
  for (const auto row : rows) {
    part.weight.push_back(weight[row]);
    part.target_value.push_back(scored.target_value[row]);
    part.value.push_back(scored.value[row]);
  }
  auto metrics = measure_regression(part, options);
  metrics.pop_back();  // r2 compares with the group's own mean: not comparable between groups
  return metrics;
}

void mark_small(GroupRow& group) {
  for (auto& metric : group.metrics) {
    if (metric.reason.empty()) metric.reason = "fewer than 30 rows";
  }
}

}  // namespace

std::vector<GroupRow> measure_groups(const Scored& scored, const MeasureOptions& options) {
  std::vector<GroupRow> groups;
  if (scored.kind == OutputKind::language_model || scored.groups.empty()) return groups;
  const auto weight = row_weights(scored);
  const auto classification = scored.kind == OutputKind::classification;
  const auto predicted = classification ? predicted_classes(scored) : std::vector<std::int64_t>{};
  for (const auto& [column, values] : scored.groups) {
    for (const auto& [value, rows] : rows_by_value(values)) {
      GroupRow group;
      group.column = column;
      group.value = value;
      group.count = static_cast<std::int64_t>(rows.size());
      group.metrics = classification
                          ? classification_group(scored, predicted, weight, rows, options)
                          : regression_group(scored, weight, rows, options);
      if (rows.size() < kSmallGroup) mark_small(group);
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace candor
