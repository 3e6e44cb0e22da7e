// SPDX-License-Identifier: Apache-2.0
// Scored rows made from counts, for tests of groups.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor::test {

struct Counts {
  std::string group;
  int true_positive, false_negative, false_positive, true_negative;
};

inline void add_rows(Scored& scored, const std::string& group, std::int64_t target, bool chosen,
                     int rows) {
  for (int i = 0; i < rows; ++i) {
    scored.target.push_back(target);
    const auto p = chosen ? 0.75f : 0.25f;
    scored.probabilities.insert(scored.probabilities.end(), {1 - p, p});
    scored.groups["group"].push_back(group);
  }
}

inline Scored rows_of(const std::vector<Counts>& counts, int times = 1) {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (const auto& [group, tp, fn, fp, tn] : counts) {
    add_rows(scored, group, 1, true, times * tp);
    add_rows(scored, group, 1, false, times * fn);
    add_rows(scored, group, 0, true, times * fp);
    add_rows(scored, group, 0, false, times * tn);
  }
  return scored;
}

// The example of Fairlearn's documentation.
inline std::vector<Counts> fairlearn_toy() {
  return {{"a", 1, 1, 2, 0}, {"b", 3, 2, 0, 1}, {"c", 2, 3, 2, 1}};
}

// ProPublica's tables of COMPAS scores (two-year recidivism, medium or high risk is positive).
inline std::vector<Counts> compas() {
  return {{"African-American", 1369, 532, 805, 990}, {"Caucasian", 505, 461, 349, 1139}};
}

inline const Metric& group_metric_of(const Report& report, const std::string& value,
                                     const std::string& name) {
  for (const auto& group : report.groups) {
    if (group.value != value) continue;
    for (const auto& metric : group.metrics) {
      if (metric.name == name) return metric;
    }
  }
  throw std::logic_error("no metric " + name + " of " + value);
}

inline const RangeGap& gap_of(const Report& report, const std::string& name,
                              std::size_t column = 0) {
  for (const auto& gap : report.gaps.at(column).ranges) {
    if (gap.metric.name == name) return gap;
  }
  throw std::logic_error("no gap " + name);
}

}  // namespace candor::test
