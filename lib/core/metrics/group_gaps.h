// SPDX-License-Identifier: Apache-2.0
// How far the groups of a column lie apart.
#pragma once

#include <string>
#include <vector>

#include "core/config/gate_names.h"
#include "core/metrics/group_metrics.h"

namespace candor {

// The groups of one column, with all rows beside them.
struct ComparedGroups {
  std::vector<std::string> names;
  std::vector<GroupView> groups;
  GroupView all;
};

ComparedGroups compared_groups(const GroupTables& tables, const GroupTable& table,
                               const std::vector<std::string>& labels);

struct GapBounds {
  std::optional<double> value, low, high;
  std::string reason;  // why there is no value, or none of low and high
  std::string lowest, highest;
  std::string method;
  std::vector<std::string> left_out;  // groups where a metric is undefined: not in the value
};

// The gap with an interval that holds for every difference at once: the groups' own intervals are
// widened for their number (Bonferroni), so its level is `confidence` or more.
GapBounds simultaneous_gap(const ComparedGroups& groups, const Gap& gap, double confidence);

// The gap with bounds that each hold with `confidence` alone, proportions by Clopper and Pearson.
//
// The true difference lies between two groups that are fixed, though unknown. The largest upper
// bound over all pairs is at or above the bound of that pair, so it needs no correction for their
// number. A lower bound may come from any pair, so its level is divided by the number of pairs.
GapBounds judged_gap(const ComparedGroups& groups, const Gap& gap, double confidence);

// Every pair, p values corrected by Holm; beyond 24 groups each with the largest one, which is
// then `paired_with`.
std::vector<PairGap> pair_gaps(const ComparedGroups& groups, double confidence,
                               std::string& paired_with);

// The gaps that a report shows.
std::vector<Gap> reported_gaps(OutputKind kind, const std::vector<std::string>& labels);

// Theil's index and the generalised entropy index (alpha 2) of the benefit prediction - truth + 1
// (Speicher et al. 2018, as AIF360 has it); of two classes.
std::vector<Metric> inequality_indices(const GroupSums& all, double confidence);

}  // namespace candor
