// SPDX-License-Identifier: Apache-2.0
#include "core/config/metric_list.h"

#include <algorithm>
#include <limits>

namespace candor {
namespace {

const MetricInfo* find_in(const std::vector<MetricInfo>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const MetricInfo& info) { return name == info.name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<MetricInfo>& metric_list() {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  using enum TaskType;
  static const std::vector<MetricInfo> list = {
      {"accuracy", classification, true, 0, 1},
      {"top_5_accuracy", classification, true, 0, 1},
      {"balanced_accuracy", classification, true, 0, 1},
      {"precision", classification, true, 0, 1},
      {"recall", classification, true, 0, 1},
      {"f1", classification, true, 0, 1},
      {"recall_macro", classification, true, 0, 1},
      {"precision_macro", classification, true, 0, 1},
      {"f1_macro", classification, true, 0, 1},
      {"recall_micro", classification, true, 0, 1},
      {"precision_micro", classification, true, 0, 1},
      {"f1_micro", classification, true, 0, 1},
      {"recall_weighted", classification, true, 0, 1},
      {"precision_weighted", classification, true, 0, 1},
      {"f1_weighted", classification, true, 0, 1},
      {"mcc", classification, true, -1, 1},
      {"roc_auc", classification, true, 0, 1},
      {"average_precision", classification, true, 0, 1},
      {"log_loss", classification, false, 0, kLargestLogLoss},
      {"brier", classification, false, 0, 2},
      {"ece", classification, false, 0, 1},
      {"rms_calibration_error", classification, false, 0, 1},
      {"rmse", regression, false, 0, kInfinity},
      {"mae", regression, false, 0, kInfinity},
      {"mape", regression, false, 0, kInfinity},
      {"pinball", regression, false, 0, kInfinity},
      {"r2", regression, true, -kInfinity, 1},
      {"cross_entropy", language_model, false, 0, kInfinity},
      {"perplexity", language_model, false, 1, kInfinity},
      {"cross_entropy_bits_per_token", language_model, false, 0, kInfinity},
      {"bits_per_byte", language_model, false, 0, kInfinity},
      {"predictive_entropy", language_model, false, 0, kInfinity},
      {"sliding_cross_entropy", language_model, false, 0, kInfinity, true},
      {"sliding_perplexity", language_model, false, 1, kInfinity, true},
  };
  return list;
}

const std::vector<MetricInfo>& decision_metric_list() {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  using enum TaskType;
  static const std::vector<MetricInfo> list = {
      {"set_coverage", classification, true, 0, 1},
      {"set_size", classification, false, 0, kInfinity},
      {"answered", classification, true, 0, 1},
      {"accuracy_answered", classification, true, 0, 1},
      {"interval_coverage", regression, true, 0, 1},
      {"interval_width", regression, false, 0, kInfinity},
  };
  return list;
}

const MetricInfo* find_metric_info(const std::string& name) { return find_in(metric_list(), name); }

bool equals_accuracy(std::string_view metric) {
  return std::find(kEqualToAccuracy.begin(), kEqualToAccuracy.end(), metric) !=
         kEqualToAccuracy.end();
}

const MetricInfo* find_decision_metric_info(const std::string& name) {
  return find_in(decision_metric_list(), name);
}

const MetricInfo* find_reported_metric_info(const std::string& name) {
  const auto* info = find_metric_info(name);
  return info != nullptr ? info : find_decision_metric_info(name);
}

}  // namespace candor
