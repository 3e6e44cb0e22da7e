// SPDX-License-Identifier: Apache-2.0
// Bounds on metrics, judged by what the rows can prove.
#pragma once

#include <functional>
#include <vector>

#include "core/metrics/groups.h"

namespace candor {

// What a report holds with two-sided intervals of another level, of which each end holds by
// itself (MeasureOptions::each_end): metrics of all rows, and of a language model its groups.
struct MeasureAt {
  std::function<std::vector<Metric>(double confidence)> all;
  std::function<std::vector<GroupRow>(double confidence)> document_groups;
};

// A gate passes when the bound of its value on the bad side keeps the limit, fails when the bound
// on the other side breaks it, and is undecided otherwise; each bound holds with the gate's
// confidence. A gate on every group passes when each group does, and fails when one does, at a
// level that is divided by their number. Groups of fewer than min_count rows (of a language model:
// documents) are undecided.
// `study` is nullptr for a language model.
std::vector<GateResult> judge_gates(const Report& report, const EvaluateConfig& config,
                                    const GroupStudy* study, const MeasureAt& measure_at);

}  // namespace candor
