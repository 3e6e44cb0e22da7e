// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/headline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace candor {
namespace {

// f1 is that of the positive class, and speaks for two classes as f1_macro does for more.
constexpr std::array<std::string_view, 17> kFirst = {"accuracy",
                                                     "balanced_accuracy",
                                                     "f1",
                                                     "f1_macro",
                                                     "roc_auc",
                                                     "average_precision",
                                                     "log_loss",
                                                     "ece",
                                                     "rmse",
                                                     "mae",
                                                     "r2",
                                                     "cross_entropy",
                                                     "perplexity",
                                                     "cross_entropy_bits_per_token",
                                                     "bits_per_byte",
                                                     "sliding_cross_entropy",
                                                     "sliding_perplexity"};

bool is_first(const Report& report, const Metric& metric) {
  const bool two = report.labels.size() == 2;
  if (metric.name == (two ? "f1_macro" : "f1")) return false;
  return std::find(kFirst.begin(), kFirst.end(), metric.name) != kFirst.end();
}

}  // namespace

std::vector<Metric> headline(const Report& report) {
  std::vector<Metric> metrics;
  for (const auto& metric : report.metrics) {
    if (metric.value && is_first(report, metric)) metrics.push_back(metric);
  }
  return metrics;
}

std::string gate_sentence(const Report& report) {
  const auto all = report.gates.size();
  if (all == 0) return {};
  const auto passed = std::count_if(report.gates.begin(), report.gates.end(),
                                    [](const GateResult& gate) { return gate.passed; });
  const auto open = all - static_cast<std::size_t>(passed);
  if (open == 0)
    return all == 1 ? "The gate is passed." : fmt::format("All {} gates are passed.", all);
  if (all == 1) return "The gate is not passed.";
  return fmt::format("{} of {} gates {} not passed.", open, all, open == 1 ? "is" : "are");
}

const char* gate_mark(const GateResult& gate) {
  switch (gate.state) {
    case GateState::passed: return "PASS";
    case GateState::failed: return "FAIL";
    case GateState::undecided: return "OPEN";
  }
  return "";
}

std::string gate_bounds(const GateResult& gate) {
  std::string text;
  if (gate.min) text += fmt::format("min {:.6g}", *gate.min);
  if (gate.max) text += fmt::format("{}max {:.6g}", gate.min ? ", " : "", *gate.max);
  return text;
}

}  // namespace candor
