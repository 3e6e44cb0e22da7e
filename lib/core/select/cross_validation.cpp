// SPDX-License-Identifier: Apache-2.0
#include "core/select/cross_validation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <candor/version.h>

#include "core/config/metric_list.h"
#include "core/select/student.h"

namespace candor {
namespace {

// Never outside of what the metric can be.
void set_bounds(FoldedMetric& metric, double low, double high) {
  const auto* info = find_metric_info(metric.name);
  metric.low = info == nullptr ? low : std::max(low, info->lowest);
  metric.high = info == nullptr ? high : std::min(high, info->highest);
}

bool higher_is_better(const std::string& name) {
  const auto* info = find_metric_info(name);
  return info != nullptr && info->higher_is_better;
}

// Rows held out for each row trained on, over the folds.
double held_out_share(const std::vector<FoldScore>& scores) {
  double sum = 0.0;
  for (const auto& score : scores) {
    sum += static_cast<double>(score.rows) / static_cast<double>(score.training_rows);
  }
  return sum / static_cast<double>(scores.size());
}

FoldedMetric fold_mean(const std::vector<FoldScore>& scores, const std::string& name,
                       double confidence) {
  FoldedMetric metric;
  metric.name = name;
  metric.method = "none";
  metric.higher_is_better = higher_is_better(name);
  std::vector<double> values;
  for (const auto& score : scores) {
    const auto found = score.metrics.find(name);
    if (found != score.metrics.end() && found->second) values.push_back(*found->second);
  }
  if (values.empty() || values.size() < scores.size()) {
    metric.reason =
        fmt::format("undefined in {} of {} folds", scores.size() - values.size(), scores.size());
    return metric;
  }
  const auto mean = nadeau_bengio(values, held_out_share(scores));
  metric.value = mean.value;
  if (mean.count < 2) return metric;
  const double reach =
      student_critical(confidence, static_cast<double>(mean.count - 1)) * mean.standard_error;
  metric.method = "nadeau-bengio";
  set_bounds(metric, mean.value - reach, mean.value + reach);
  return metric;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

double value_of(const CrossValidation& result, std::size_t fold, const std::string& metric) {
  const auto& score = result.scores[fold];
  const auto found = score.metrics.find(metric);
  if (found != score.metrics.end() && found->second) return *found->second;
  throw Error(ErrorKind::data, fmt::format("{}: fold {} has no {}; compare another metric",
                                           result.model, fold + 1, metric));
}

std::string sentence_of(const FoldComparison& comparison, const std::string& a,
                        const std::string& b) {
  const bool b_better = higher_is_better(comparison.metric) == (comparison.difference > 0.0);
  const auto numbers = fmt::format("{:+.4g} [{:.4g}, {:.4g}], p = {:.2g}", comparison.difference,
                                   comparison.low, comparison.high, comparison.p_value);
  const bool proven = comparison.low > 0.0 || comparison.high < 0.0;
  if (!proven) {
    return fmt::format("{}: the folds do not tell {} and {} apart ({})", comparison.metric, a, b,
                       numbers);
  }
  return fmt::format("{}: {} is better than {} ({})", comparison.metric, b_better ? b : a,
                     b_better ? a : b, numbers);
}

}  // namespace

const FoldedMetric* CrossValidation::find(const std::string& name) const {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const FoldedMetric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

double CrossValidation::median_steps() const {
  std::vector<double> values;
  for (const auto& score : scores) {
    values.push_back(static_cast<double>(score.best_step > 0 ? score.best_step : score.steps));
  }
  return median(std::move(values));
}

double CrossValidation::median_epochs() const {
  std::vector<double> values;
  for (const auto& score : scores) {
    const auto steps = static_cast<double>(score.best_step > 0 ? score.best_step : score.steps);
    values.push_back(score.steps_per_epoch > 0.0 ? steps / score.steps_per_epoch : 0.0);
  }
  return median(std::move(values));
}

FoldMean nadeau_bengio(const std::vector<double>& values, double share) {
  FoldMean mean;
  mean.count = static_cast<std::int64_t>(values.size());
  for (const double value : values) mean.value += value / static_cast<double>(values.size());
  if (values.size() < 2) return mean;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean.value) * (value - mean.value);
  const double variance = squares / static_cast<double>(values.size() - 1);
  mean.standard_error = std::sqrt((1.0 / static_cast<double>(values.size()) + share) * variance);
  return mean;
}

std::vector<FoldedMetric> fold_means(const std::vector<FoldScore>& scores,
                                     const std::vector<std::string>& names, double confidence) {
  std::vector<FoldedMetric> metrics;
  for (const auto& name : names) metrics.push_back(fold_mean(scores, name, confidence));
  return metrics;
}

FoldComparison compare_folds(const CrossValidation& a, const CrossValidation& b,
                             const std::string& metric, double confidence) {
  if (a.digest != b.digest || a.scores.size() != b.scores.size()) {
    throw Error(ErrorKind::data,
                a.model + " and " + b.model +
                    ": their folds are not the same rows (folds_sha256 in cross_validation.json); "
                    "cross-validate both with the same data, data.split and cross_validation");
  }
  std::vector<double> differences;
  for (std::size_t fold = 0; fold < a.scores.size(); ++fold) {
    differences.push_back(value_of(b, fold, metric) - value_of(a, fold, metric));
  }
  const auto mean = nadeau_bengio(differences, held_out_share(a.scores));
  if (mean.count < 2) {
    throw Error(ErrorKind::data, "two folds at least are needed for a comparison by folds");
  }
  const auto degrees = static_cast<double>(mean.count - 1);
  const double reach = student_critical(confidence, degrees) * mean.standard_error;
  FoldComparison comparison;
  comparison.metric = metric;
  comparison.confidence = confidence;
  comparison.difference = mean.value;
  comparison.low = mean.value - reach;
  comparison.high = mean.value + reach;
  // Differences that are all the same say so with certainty, unless they are 0.
  const double t = mean.standard_error > 0.0 ? mean.value / mean.standard_error
                   : mean.value == 0.0       ? 0.0
                                             : std::numeric_limits<double>::infinity();
  comparison.p_value = student_two_sided(t, degrees);
  comparison.sentence = sentence_of(comparison, a.model, b.model);
  return comparison;
}

}  // namespace candor
