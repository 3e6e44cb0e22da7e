// SPDX-License-Identifier: Apache-2.0
// What a report says about decisions, as JSON and in lines for people.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/json_number.h"
#include "core/metrics/decisions.h"
#include "core/metrics/metric_json.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kMostClasses = 20;  // whose frequencies are told

Json frequency_json(const ClassFrequency& frequency) {
  return {{"label", frequency.label},
          {"training", frequency.training},
          {"assumed", frequency.assumed},
          {"low", number_or_null(frequency.low)},
          {"high", number_or_null(frequency.high)},
          {"observed", frequency.observed}};
}

// "frequency of yes: 0.24 in training, estimated as 0.31 [0.28, 0.34], 0.33 by the labels".
std::string frequency_line(const ClassFrequency& frequency) {
  auto line =
      fmt::format("frequency of {}: {:.4g} in training, ", frequency.label, frequency.training);
  if (!frequency.low || !frequency.high) {
    return line + fmt::format("taken as {:.4g}, {:.4g} by the labels", frequency.assumed,
                              frequency.observed);
  }
  line += fmt::format("estimated as {:.4g} [{:.4g}, {:.4g}], {:.4g} by the labels",
                      frequency.assumed, *frequency.low, *frequency.high, frequency.observed);
  if (*frequency.low <= frequency.observed && frequency.observed <= *frequency.high) return line;
  return line + ", which is outside";
}

}  // namespace

Json decision_json(const DecisionReport& decision, double confidence) {
  auto frequencies = Json::array();
  for (const auto& frequency : decision.frequencies) {
    frequencies.push_back(frequency_json(frequency));
  }
  return {{"rule", decision.rule},
          {"metrics", metrics_json(decision.metrics, confidence)},
          {"groups", groups_json(decision.groups, confidence)},
          {"class_frequencies", std::move(frequencies)}};
}

std::vector<std::string> decision_rule_lines(const DecisionReport& decision) {
  auto lines = decision.rule;
  const auto count = decision.frequencies.size();
  for (std::size_t k = 0; k < std::min(count, kMostClasses); ++k) {
    lines.push_back(frequency_line(decision.frequencies[k]));
  }
  if (count > kMostClasses) {
    lines.push_back(fmt::format("{} more frequencies are in report.json", count - kMostClasses));
  }
  return lines;
}

std::vector<std::string> decision_lines(const DecisionReport& decision) {
  auto lines = decision_rule_lines(decision);
  for (const auto& metric : decision.metrics) {
    lines.push_back(metric.name + " " + (metric.value ? with_interval(metric) : metric.reason));
  }
  return lines;
}

}  // namespace candor
