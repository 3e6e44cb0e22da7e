// SPDX-License-Identifier: Apache-2.0
// Metrics of one group from its sums: names and ranges in core/config/gate_names.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/metrics/group_intervals.h"
#include "core/metrics/group_table.h"

namespace candor {

struct GroupLevel {
  double confidence = 0.95;  // two-sided
  // For gates: proportions by Clopper and Pearson in place of Wilson, and MeasureOptions::each_end.
  bool exact = false;
};

// A group as its metrics are taken from it.
struct GroupView {
  const GroupSums* sums = nullptr;
  const Auc* auc = nullptr;  // none: not known for this group
  const std::vector<std::string>* labels = nullptr;
};

// What a kind of output with these labels has, in the order of a report.
std::vector<std::string> group_metric_names(OutputKind kind,
                                            const std::vector<std::string>& labels);

// `name` is one of the above, or of another number of classes: then it is undefined, with a reason.
Metric group_metric(const GroupView& group, const std::string& name, const GroupLevel& level);

Share accuracy_share(const GroupSums& sums);
// A proportion's share of rows; empty for a metric that is none.
std::optional<Share> group_share(const GroupView& group, std::string_view name);

// The metric's value with its ends; empty without either.
std::optional<Estimate> estimate_of(const Metric& metric);

}  // namespace candor
