// SPDX-License-Identifier: Apache-2.0
// The one list of metrics: which task has them, which way is better, which values are possible.
#pragma once

#include <candor/config.h>

#include <string>
#include <vector>

namespace candor {

struct MetricInfo {
  const char* name;
  TaskType task;
  bool higher_is_better;
  double lowest, highest;  // range of the value; an interval never leaves it
  // Only where evaluate.sliding_stride asks for it, and in reports alone: validations inside
  // training have none.
  bool sliding = false;
};

// In the order of a report.
const std::vector<MetricInfo>& metric_list();

// nullptr when there is no such metric.
const MetricInfo* find_metric_info(const std::string& name);

}  // namespace candor
