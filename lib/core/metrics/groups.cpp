// SPDX-License-Identifier: Apache-2.0
// Metrics by the values of group columns. Small groups are shown and marked, never hidden.
#include "core/metrics/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/metrics/scored_limits.h"
#include "core/metrics/slices.h"

namespace candor {
namespace {

Metric gap_metric(const Gap& gap, const GapBounds& bounds) {
  auto metric = bounds.value ? valued_metric(gap.name, *bounds.value)
                             : undefined_metric(gap.name, bounds.reason);
  metric.higher_is_better = gap.ratio;
  metric.low = bounds.low;
  metric.high = bounds.high;
  if (bounds.value) metric.method = bounds.method;
  if (bounds.value && !bounds.low) metric.reason = bounds.reason;
  return metric;
}

}  // namespace

GroupStudy::GroupStudy(const Scored& scored, const GroupOptions& options)
    : scored_(scored),
      options_(options),
      columns_(group_columns(scored.groups, options.intersections)),
      tables_(sum_groups(scored, columns_)) {}

std::string GroupStudy::fault(const std::string& name) const {
  return ranking_fault(scored_, name);
}

GroupView GroupStudy::all() const { return {&tables_.all, nullptr, &scored_.labels}; }

const GroupTable* GroupStudy::find(std::vector<std::string> columns) const {
  std::sort(columns.begin(), columns.end());
  const auto found =
      std::find_if(tables_.tables.begin(), tables_.tables.end(),
                   [&](const GroupTable& table) { return table.column->columns == columns; });
  return found == tables_.tables.end() ? nullptr : &*found;
}

ComparedGroups GroupStudy::compared(const GroupTable& table) const {
  return compared_groups(tables_, table, scored_.labels);
}

std::vector<GroupRow> GroupStudy::rows(double confidence) const {
  const auto names = group_metric_names(scored_.kind, scored_.labels);
  std::vector<GroupRow> rows;
  for (const auto& table : tables_.tables) {
    for (std::size_t g = 0; g < table.groups.size(); ++g) {
      GroupRow row;
      row.column = table.column->name();
      row.value = table.column->values[g];
      row.count = table.groups[g].rows;
      row.small = row.count < options_.min_count;
      row.crossed = table.column->columns.size() > 1;
      const auto* auc = g < table.auc.size() && table.auc[g] ? &*table.auc[g] : nullptr;
      const GroupView view{&table.groups[g], auc, &scored_.labels};
      for (const auto& name : names) {
        row.metrics.push_back(group_metric(view, name, {confidence, false}));
        auto& metric = row.metrics.back();
        if (row.small && metric.reason.empty()) {
          metric.reason = fmt::format("fewer than {} rows", options_.min_count);
        }
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<GroupGaps> GroupStudy::gaps(double confidence) const {
  std::vector<GroupGaps> result;
  for (const auto& table : tables_.tables) {
    const auto groups = compared(table);
    GroupGaps gaps;
    gaps.column = table.column->name();
    gaps.crossed = table.column->columns.size() > 1;
    for (std::size_t g = 0; g < table.groups.size(); ++g) {
      if (table.groups[g].rows < options_.min_count) gaps.small.push_back(table.column->values[g]);
    }
    for (const auto& gap : reported_gaps(scored_.kind, scored_.labels)) {
      auto bounds = simultaneous_gap(groups, gap, confidence);
      gaps.ranges.push_back({gap_metric(gap, bounds), std::move(bounds.lowest),
                             std::move(bounds.highest), std::move(bounds.left_out)});
    }
    gaps.pairs = pair_gaps(groups, confidence, gaps.paired_with);
    result.push_back(std::move(gaps));
  }
  return result;
}

std::vector<Metric> GroupStudy::inequality(double confidence) const {
  if (tables_.tables.empty() || tables_.all.classes.size() != 2) return {};
  return inequality_indices(tables_.all, confidence);
}

std::optional<Slices> GroupStudy::slices(double confidence) const {
  if (tables_.tables.empty() || !options_.slices) return std::nullopt;
  return worst_slices(tables_, options_.min_count, confidence);
}

}  // namespace candor
