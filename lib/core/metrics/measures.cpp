// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/config/metric_list.h"

namespace candor {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::failed, "cannot evaluate: " + what);
}

void check_size(const char* part, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  refuse(fmt::format("{} has {} entries, expected {}", part, found, expected));
}

// `width` numbers make one row; the message names the row only.
template <class T>
void check_finite(const char* part, const std::vector<T>& values, std::size_t width = 1) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](T value) { return !std::isfinite(value); });
  if (bad == values.end()) return;
  const auto row = static_cast<std::size_t>(bad - values.begin()) / width;
  refuse(
      fmt::format("{} of row {} is not a finite number; the model has diverged or its input is "
                  "out of range",
                  part, row));
}

void check_weights(const Scored& scored, std::size_t rows) {
  if (scored.weight.empty()) return;
  check_size("weight", scored.weight.size(), rows);
  check_finite("weight", scored.weight);
  const auto negative = std::find_if(scored.weight.begin(), scored.weight.end(),
                                     [](double weight) { return weight < 0.0; });
  if (negative == scored.weight.end()) return;
  refuse(fmt::format("weight of row {} is negative", negative - scored.weight.begin()));
}

void check_class(const char* what, std::int64_t index, std::size_t row, std::size_t classes) {
  if (index >= 0 && std::cmp_less(index, classes)) return;
  refuse(fmt::format("{} {} of row {} is not one of 0..{}", what, index, row,
                     static_cast<std::int64_t>(classes) - 1));
}

void check_classification(const Scored& scored) {
  const auto rows = scored.target.size();
  const auto classes = scored.labels.size();
  if (rows > 0 && classes == 0) refuse("there are rows but no labels");
  check_size("probabilities", scored.probabilities.size(), rows * classes);
  check_finite("a probability", scored.probabilities, std::max<std::size_t>(classes, 1));
  for (std::size_t i = 0; i < rows; ++i) {
    check_class("class index", scored.target[i], i, classes);
  }
  if (scored.decided.empty()) return;
  check_size("decided", scored.decided.size(), rows);
  for (std::size_t i = 0; i < rows; ++i) {
    check_class("decided class", scored.decided[i], i, classes);
  }
}

void check_regression(const Scored& scored) {
  check_size("value", scored.value.size(), scored.target_value.size());
  check_finite("the target", scored.target_value);
  check_finite("the prediction", scored.value);
}

void check_language(const Scored& scored) {
  if (!scored.entropy.empty()) check_size("entropy", scored.entropy.size(), scored.nll.size());
  check_finite("the likelihood", scored.nll);
  check_finite("the entropy", scored.entropy);
  if (!scored.sliding_nll.empty()) {
    check_size("the sliding windows' loss", scored.sliding_nll.size(), scored.nll.size());
  }
  check_finite("the sliding windows' likelihood", scored.sliding_nll);
  const auto documents = std::max<std::size_t>(1, scored.document_starts.size());
  for (const auto& [column, values] : scored.groups) {
    check_size(("group column '" + column + "' (by document)").c_str(), values.size(), documents);
  }
  if (!scored.baseline || scored.baseline->nll.empty()) return;
  check_size("the baseline", scored.baseline->nll.size(), scored.nll.size());
  check_finite("the baseline's likelihood", scored.baseline->nll);
}

}  // namespace

void check_scored(const Scored& scored) {
  const auto rows = row_count(scored);
  switch (scored.kind) {
    case OutputKind::classification: check_classification(scored); break;
    case OutputKind::regression: check_regression(scored); break;
    case OutputKind::language_model: check_language(scored); return;
  }
  check_weights(scored, rows);
  if (!scored.ids.empty()) check_size("ids", scored.ids.size(), rows);
  for (const auto& [column, values] : scored.groups) {
    check_size(("group column '" + column + "'").c_str(), values.size(), rows);
  }
}

TaskType task_of(OutputKind kind) {
  switch (kind) {
    case OutputKind::classification: return TaskType::classification;
    case OutputKind::regression: return TaskType::regression;
    case OutputKind::language_model: return TaskType::language_model;
  }
  return TaskType::classification;
}

std::size_t row_count(const Scored& scored) {
  switch (scored.kind) {
    case OutputKind::classification: return scored.target.size();
    case OutputKind::regression: return scored.target_value.size();
    case OutputKind::language_model: return scored.nll.size();
  }
  return 0;
}

std::vector<double> row_weights(const Scored& scored) {
  const bool all_zero = !scored.weight.empty() && scored.weight.front() == 0.0;
  if (is_weighted(scored.weight) || all_zero) return scored.weight;
  return std::vector<double>(row_count(scored), 1.0);
}

bool is_weighted(const std::vector<double>& weight) {
  return std::any_of(weight.begin(), weight.end(),
                     [&](double one) { return one != weight.front(); });
}

std::vector<std::int64_t> predicted_classes(const Scored& scored) {
  return scored.decided.empty() ? most_probable_classes(scored) : scored.decided;
}

std::vector<std::int64_t> most_probable_classes(const Scored& scored) {
  const auto classes = static_cast<std::ptrdiff_t>(scored.labels.size());
  std::vector<std::int64_t> predicted;
  predicted.reserve(scored.target.size());
  for (auto row = scored.probabilities.begin(); row != scored.probabilities.end(); row += classes) {
    predicted.push_back(std::max_element(row, row + classes) - row);
  }
  return predicted;
}

Metric undefined_metric(const std::string& name, std::string reason) {
  Metric metric;
  metric.name = name;
  metric.reason = std::move(reason);
  metric.higher_is_better = metric_higher_is_better(name);
  return metric;
}

Metric valued_metric(const std::string& name, double value) {
  // A value beyond double's range (the exponential of a large loss) has no JSON form.
  if (!std::isfinite(value)) return undefined_metric(name, "too large for a number");
  auto metric = undefined_metric(name, "");
  metric.value = value;
  // Sums of weights may leave a hair outside of what a metric can be.
  if (const auto* info = find_metric_info(name)) {
    metric.value = std::clamp(value, info->lowest, info->highest);
  }
  return metric;
}

void refuse_interval(Metric& metric, std::string reason) {
  metric.low = metric.high = std::nullopt;
  metric.method = "none";
  metric.reason = std::move(reason);
}

void set_interval(Metric& metric, const std::optional<Interval>& interval,
                  const std::string& method) {
  if (!metric.value) return;
  if (!interval || !std::isfinite(interval->low) || !std::isfinite(interval->high)) {
    if (metric.reason.empty()) metric.reason = kNoSpread;
    return refuse_interval(metric, metric.reason);
  }
  metric.low = interval->low;
  metric.high = interval->high;
  metric.method = method;
}

void set_smooth_interval(Metric& metric, const std::vector<double>& samples,
                         const std::vector<double>& errors, const Spread& spread,
                         double confidence) {
  if (!metric.value) return;
  const auto too_few = too_few_to_judge(spread.weights);
  if (!too_few.empty()) return refuse_interval(metric, too_few);
  const auto& info = *find_metric_info(metric.name);
  // What rounding leaves of equal values is no spread. Probabilities are single precision.
  const auto rounding = info.task == TaskType::classification ? 1e-6 : 1e-12;
  if (spread.standard_error <= rounding * std::abs(*metric.value)) {
    return set_interval(metric, std::nullopt, "");
  }
  if (!errors.empty()) {
    const auto interval = studentised_interval(*metric.value, spread.standard_error, samples,
                                               errors, confidence, info.lowest, info.highest);
    if (interval) return set_interval(metric, interval, "studentised bootstrap");
  }
  // Resamples of uneven rows know nothing of the least that LinearisedVariance takes.
  const bool uneven = spread.rows < (1.0 - 1e-9) * static_cast<double>(spread.weights.count);
  const auto drawn = uneven ? std::nullopt
                            : bca_interval(*metric.value, samples, spread.acceleration, spread.rows,
                                           confidence, info.lowest, info.highest);
  if (drawn) return set_interval(metric, drawn, "bca bootstrap");
  set_interval(metric,
               linearised_interval(*metric.value, spread.standard_error, spread.rows - 1.0,
                                   confidence, info.lowest, info.highest),
               "linearisation");
}

Metric share_metric(const std::string& name, const Share& share, const std::string& empty_reason,
                    const MeasureOptions& options) {
  if (share.total <= 0.0) return undefined_metric(name, empty_reason);
  auto metric = valued_metric(name, share.hit / share.total);
  if (options.intervals) {
    set_interval(metric, share.interval(options.confidence), share.method());
  }
  return metric;
}

}  // namespace candor
