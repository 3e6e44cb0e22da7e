// SPDX-License-Identifier: Apache-2.0
// The one list of metrics: which task has them, which way is better, which values are possible.
#pragma once

#include <candor/config.h>

#include <array>
#include <string>
#include <string_view>
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

// Of `log_loss`, whose probabilities are kept 2^-52 away from 0 and 1: 52 log 2.
inline constexpr double kLargestLogLoss = 36.043653389117154;

// In the order of a report.
const std::vector<MetricInfo>& metric_list();

// nullptr when there is no such metric.
const MetricInfo* find_metric_info(const std::string& name);

// Metrics that equal accuracy where every row has one class: they are measured for whoever asks by
// these names, and tables leave them out.
inline constexpr std::array<std::string_view, 4> kEqualToAccuracy = {
    "precision_micro", "recall_micro", "f1_micro", "recall_weighted"};
bool equals_accuracy(std::string_view metric);

// What reports and gates tell of the decisions of a model that has calibration.conformal (sets,
// intervals) or calibration.abstain (answered); validations inside training have none of them.
const std::vector<MetricInfo>& decision_metric_list();
const MetricInfo* find_decision_metric_info(const std::string& name);
// In either list: whatever a report may hold of all rows.
const MetricInfo* find_reported_metric_info(const std::string& name);

}  // namespace candor
