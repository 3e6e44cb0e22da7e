// SPDX-License-Identifier: Apache-2.0
#include "core/select/cross_validation.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/config/metric_list.h"
#include "core/metrics/averages.h"

namespace candor {
namespace {

// Never outside of what the metric can be.
void set_bounds(Metric& metric, double low, double high) {
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

// Of the metric in every fold; fewer where it is undefined.
std::vector<double> values_of(const std::vector<FoldScore>& scores, const std::string& metric) {
  std::vector<double> values;
  for (const auto& score : scores) {
    const auto found = score.metrics.find(metric);
    if (found != score.metrics.end() && found->second) values.push_back(*found->second);
  }
  return values;
}

Metric fold_mean(const std::vector<FoldScore>& scores, const std::string& name, double confidence) {
  Metric metric;
  metric.name = name;
  metric.method = "none";
  metric.higher_is_better = higher_is_better(name);
  const auto values = values_of(scores, name);
  if (values.empty() || values.size() < scores.size()) {
    metric.reason =
        fmt::format("undefined in {} of {} folds", scores.size() - values.size(), scores.size());
    return metric;
  }
  const auto mean = corrected_resampled_t(values, held_out_share(scores), confidence);
  metric.value = mean.value;
  if (!mean.interval) return metric;
  metric.method = "nadeau-bengio";
  set_bounds(metric, mean.interval->low, mean.interval->high);
  return metric;
}

}  // namespace

const Metric* CrossValidation::find(const std::string& name) const {
  return find_metric(metrics, name);
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

std::vector<Metric> fold_means(const std::vector<FoldScore>& scores,
                               const std::vector<std::string>& names, double confidence) {
  std::vector<Metric> metrics;
  for (const auto& name : names) metrics.push_back(fold_mean(scores, name, confidence));
  return metrics;
}

Difference compare_folds(const CrossValidation& a, const CrossValidation& b,
                         const std::string& metric, double confidence) {
  if (a.digest != b.digest || a.scores.size() != b.scores.size()) {
    throw Error(ErrorKind::data,
                a.model + " and " + b.model +
                    ": their folds are not the same rows (folds_sha256 in cross_validation.json); "
                    "cross-validate both with the same data, data.split and cross_validation");
  }
  Difference result;
  result.metric = metric;
  auto differences = values_of(a.scores, metric);
  const auto others = values_of(b.scores, metric);
  if (differences.size() != a.scores.size() || others.size() != b.scores.size()) {
    result.reason = "some folds have no " + metric;
    return result;
  }
  for (std::size_t fold = 0; fold < others.size(); ++fold) differences[fold] -= others[fold];
  const auto mean = corrected_resampled_t(differences, held_out_share(a.scores), confidence);
  result.value = mean.value;
  result.p = mean.p;
  if (!mean.interval) {
    result.reason = "there is no test for a difference that is the same in every fold";
    return result;
  }
  result.method = "nadeau-bengio";
  result.low = mean.interval->low;
  result.high = mean.interval->high;
  return result;
}

}  // namespace candor
