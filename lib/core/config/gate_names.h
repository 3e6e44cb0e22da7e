// SPDX-License-Identifier: Apache-2.0
// What a gate may bound, and how its name is read: "METRIC" of all rows, "COLUMN/METRIC" of every
// group of a column, "COLUMN*COLUMN/METRIC" of every group of a crossing, "COLUMN/GAP" between the
// groups (docs/eval.md).
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

// A metric that each group has. Beside these, groups of a classification have "recall:LABEL" for
// every class where there are more than two.
struct GroupMetricInfo {
  const char* name;
  TaskType task;
  bool two_classes;       // defined for two classes only
  bool higher_is_better;  // a rate may be neither: see neutral
  bool neutral;           // neither high nor low is good in itself
  double lowest, highest;
};
const std::vector<GroupMetricInfo>& group_metric_list();
const GroupMetricInfo* find_group_metric_info(std::string_view name);

// What compares groups: each of `metrics` by its largest difference between two groups (or smallest
// ratio), and these together by the worst of them or by their mean.
struct Gap {
  std::string name;
  std::vector<std::string> metrics;
  bool ratio = false;       // the smallest group's value by the largest's; 1 means equal
  bool mean = false;        // of the metrics' differences; else the worst
  bool to_overall = false;  // between a group and all rows, in place of another group
};
// The gaps with names of their own, as Fairlearn has them.
const std::vector<Gap>& named_gaps();
// A named gap, "METRIC_difference" or "METRIC_ratio"; with "_to_overall" behind it for the named
// ones.
std::optional<Gap> find_gap(const std::string& name);

struct GateName {
  std::vector<std::string> columns;  // sorted; empty: all rows
  std::string metric;                // or gap
};
// `columns` are the group columns: a declared name may hold "/" or "*".
GateName parse_gate_name(const std::string& name, const std::vector<std::string>& columns);

struct GateFault {
  std::string gate;
  std::string message;
};
// What is wrong with gates as far as it shows before any row is read: unknown metrics, gaps and
// columns, bounds that are missing or contradict each other. Crossings of at most `intersections`
// columns are measured.
std::vector<GateFault> gate_faults(TaskType task, const std::vector<std::string>& columns,
                                   const std::map<std::string, GateConfig>& gates,
                                   std::int64_t intersections = 2);
// The same once the classes are known: "recall:LABEL" of a class that is none of them.
std::vector<GateFault> class_faults(const std::vector<std::string>& classes,
                                    const std::vector<std::string>& columns,
                                    const std::map<std::string, GateConfig>& gates);
// Throws Error{config} for the class_faults() of the config's gates, one a line.
void require_known_classes(const RunConfig& config, const std::vector<std::string>& classes);

}  // namespace candor
