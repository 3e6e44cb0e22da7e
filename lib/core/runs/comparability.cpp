// SPDX-License-Identifier: Apache-2.0
// Which run is the best by a metric, and why none is.
#include <algorithm>
#include <array>
#include <set>

#include "core/base/nearest.h"
#include "core/config/metric_list.h"
#include "core/metrics/paired_text.h"
#include "core/runs/comparison.h"

namespace candor {
namespace {

bool rows_differ(const std::vector<RunRecord>& runs, RowsMark RunRecord::*rows) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (known_to_differ(runs[i].*rows, runs[j].*rows)) return true;
    }
  }
  return false;
}

std::set<std::string> known_of(const std::vector<RunRecord>& runs, std::string RunRecord::*field) {
  std::set<std::string> known;
  for (const auto& run : runs) {
    if (!(run.*field).empty()) known.insert(run.*field);
  }
  return known;
}

// Only language models have any.
bool tokenizers_differ(const std::vector<RunRecord>& runs) {
  return known_of(runs, &RunRecord::tokenizer).size() > 1;
}

// Of the reports that have a sliding metric.
std::set<std::int64_t> strides_of(const std::vector<RunRecord>& runs) {
  std::set<std::int64_t> strides;
  for (const auto& run : runs) {
    if (run.sliding_stride > 0) strides.insert(run.sliding_stride);
  }
  return strides;
}

bool is_sliding(const std::string& metric) {
  const auto* info = find_metric_info(metric);
  return info != nullptr && info->sliding;
}

// Whether the metric is about the positive one of two classes.
bool is_of_positive(const std::string& metric) {
  constexpr std::array kNames = {"precision", "recall", "f1", "average_precision"};
  return std::find(kNames.begin(), kNames.end(), metric) != kNames.end();
}

// Whether one value of the metric can be better than another, and it is the same thing in all runs.
// Coverage is right when it is what was asked for, and sizes compare only at one coverage.
bool can_be_best(const std::string& metric, const std::vector<RunRecord>& runs) {
  if (find_decision_metric_info(metric) != nullptr) return false;
  if (is_sliding(metric) && strides_of(runs).size() > 1) return false;
  const bool per_token = metric == "loss" || is_per_token(metric);
  if (per_token && tokenizers_differ(runs)) return false;
  return !is_of_positive(metric) || known_of(runs, &RunRecord::positive).size() < 2;
}

// Index of the best of the values that are there.
std::optional<std::size_t> best_of(const std::vector<std::optional<double>>& values, bool higher) {
  std::optional<std::size_t> best;
  std::size_t count = 0;
  bool differ = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    ++count;
    if (best && *values[i] != *values[*best]) differ = true;
    if (!best || (higher ? *values[i] > *values[*best] : *values[i] < *values[*best])) best = i;
  }
  return count > 1 && differ ? best : std::nullopt;
}

}  // namespace

std::string different_rows(const Comparison& comparison) {
  const bool reports =
      !comparison.reported.empty() && rows_differ(comparison.runs, &RunRecord::report_rows);
  const bool validations =
      !comparison.validations.empty() && rows_differ(comparison.runs, &RunRecord::validation_rows);
  if (!reports && !validations) return {};
  const std::string why = " are about different rows (other files, or another split), so that no ";
  if (reports && validations) {
    return "The reports and validations" + why + "run is called the best.";
  }
  return std::string("The ") + (reports ? "reports" : "validations") + why +
         "run is called the best by them" +
         (reports || comparison.reported.empty() ? "." : "; the reports are not.");
}

std::string different_tokens(const Comparison& comparison) {
  if (!tokenizers_differ(comparison.runs)) return {};
  return "The models have different tokenizers, so that losses per token do not compare, and no "
         "run is called the best by them; bits_per_byte does compare.";
}

std::string different_positives(const Comparison& comparison) {
  const auto known = known_of(comparison.runs, &RunRecord::positive);
  if (known.size() < 2) return {};
  return "The runs have different positive classes, so that precision, recall, f1 and "
         "average_precision of the reports do not compare, and no run is called the best by them; "
         "paired tests take that of A.";
}

std::string different_strides(const Comparison& comparison) {
  std::vector<std::string> strides;
  for (const auto stride : strides_of(comparison.runs)) strides.push_back(std::to_string(stride));
  if (strides.size() < 2) return {};
  return "The sliding windows move by different numbers of tokens (" + join(strides) +
         "), so that sliding_cross_entropy and sliding_perplexity do not compare, and no run is "
         "called the best by them.";
}

std::vector<std::string> caveats(const Comparison& comparison) {
  std::vector<std::string> lines = {different_rows(comparison), different_tokens(comparison),
                                    different_positives(comparison), different_strides(comparison)};
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  return lines;
}

std::optional<std::size_t> best_reported(const Comparison& comparison, const std::string& metric) {
  if (rows_differ(comparison.runs, &RunRecord::report_rows)) return std::nullopt;
  if (!can_be_best(metric, comparison.runs)) return std::nullopt;
  std::vector<std::optional<double>> values;
  for (const auto& run : comparison.runs) {
    const auto* found = run.find(metric);
    values.push_back(found != nullptr ? found->value : std::nullopt);
  }
  return best_of(values, higher_is_better(metric));
}

std::optional<std::size_t> best_validated(const Comparison& comparison, const std::string& metric) {
  if (rows_differ(comparison.runs, &RunRecord::validation_rows)) return std::nullopt;
  if (!can_be_best(metric, comparison.runs)) return std::nullopt;
  std::vector<std::optional<double>> values;
  for (const auto& run : comparison.runs) {
    const auto best = best_validation(run.history, metric);
    values.push_back(best ? std::optional(best->value) : std::nullopt);
  }
  return best_of(values, higher_is_better(metric));
}

}  // namespace candor
