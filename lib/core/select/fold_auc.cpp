// SPDX-License-Identifier: Apache-2.0
#include "core/select/fold_auc.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "core/metrics/intervals.h"
#include "core/metrics/ranking.h"

namespace candor {
namespace {

// As the metrics of a report see the fold's rows.
Scored scored_of(const FoldPredictions& fold, std::size_t classes) {
  Scored scored;
  scored.labels.resize(classes);
  scored.target = fold.target;
  scored.probabilities = fold.probabilities;
  return scored;
}

struct FoldArea {
  double value = 0.0;
  std::vector<double> influence;  // by row
};

// `share` is by class: how much of all rows are of it.
std::optional<FoldArea> fold_area(const FoldPredictions& fold, std::size_t classes,
                                  const std::vector<double>& share) {
  FoldArea result;
  result.influence.assign(fold.target.size(), 0.0);
  const auto scored = scored_of(fold, classes);
  const std::vector<double> once(fold.target.size(), 1.0);
  const auto labels = ranked_labels(scored, once);
  if (labels.empty()) return std::nullopt;
  const auto areas = static_cast<double>(labels.size());
  for (const auto label : labels) {
    const auto area = ranked_area(rank_class(scored, label), once);
    result.value += area.value / areas;
    const double positive = share[static_cast<std::size_t>(label)];
    for (std::size_t row = 0; row < fold.target.size(); ++row) {
      const double side = fold.target[row] == label ? positive : 1.0 - positive;
      result.influence[row] += (area.placement[row] - area.value) / side / areas;
    }
  }
  return result;
}

std::vector<double> class_counts(const std::vector<FoldPredictions>& folds, std::size_t classes) {
  std::vector<double> counts(classes, 0.0);
  for (const auto& fold : folds) {
    for (const auto label : fold.target) counts[static_cast<std::size_t>(label)] += 1.0;
  }
  return counts;
}

// Mean influence of each row over the repeats.
struct Influence {
  double sum = 0.0;
  double times = 0.0;
};

double mean_square(const std::map<std::int64_t, Influence>& rows) {
  double sum = 0.0;
  for (const auto& [row, influence] : rows) {
    const double mean = influence.sum / influence.times;
    sum += mean * mean;
  }
  return sum / static_cast<double>(rows.size());
}

}  // namespace

std::optional<double> fold_auc(const FoldPredictions& fold, std::size_t classes) {
  const std::vector<double> any(classes, 0.5);
  const auto area = fold_area(fold, classes, any);
  return area ? std::optional<double>(area->value) : std::nullopt;
}

Metric cross_validated_auc(const std::vector<FoldPredictions>& folds, std::size_t classes,
                           double confidence) {
  Metric metric;
  metric.name = "roc_auc";
  metric.method = "none";
  const auto counts = class_counts(folds, classes);
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  auto shares = counts;
  for (auto& share : shares) share /= total;
  std::map<std::int64_t, Influence> rows;
  double sum = 0.0;
  std::size_t undefined = 0;
  for (const auto& fold : folds) {
    const auto area = fold_area(fold, classes, shares);
    if (!area) {
      ++undefined;
      continue;
    }
    sum += area->value;
    for (std::size_t i = 0; i < fold.rows.size(); ++i) {
      auto& row = rows[fold.rows[i]];
      row.sum += area->influence[i];
      row.times += 1.0;
    }
  }
  if (undefined > 0 || folds.empty()) {
    metric.reason = fmt::format("undefined in {} of {} folds", undefined, folds.size());
    return metric;
  }
  metric.value = sum / static_cast<double>(folds.size());
  const double variance = mean_square(rows) / static_cast<double>(rows.size());
  if (variance > 0.0) {
    const double reach = normal_quantile(0.5 + 0.5 * confidence) * std::sqrt(variance);
    metric.method = "cross-validated auc";
    metric.low = std::max(0.0, *metric.value - reach);
    metric.high = std::min(1.0, *metric.value + reach);
    return metric;
  }
  // No row says anything: all folds are perfect, or none tells anything apart.
  const auto repeats = total / static_cast<double>(rows.size());
  double fewest = total;
  for (const double count : counts) {
    if (count > 0.0) fewest = std::min(fewest, count / repeats);
  }
  const auto interval =
      constant_outcome_interval(*metric.value, static_cast<std::size_t>(fewest), confidence);
  metric.method = "exact";
  metric.low = interval.low;
  metric.high = interval.high;
  return metric;
}

}  // namespace candor
