// SPDX-License-Identifier: Apache-2.0
#include "core/select/fold_auc.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "core/metrics/intervals.h"

namespace candor {
namespace {

// One class against the others in one fold.
struct ClassArea {
  double value = 0.0;
  // By row: the share of the other side that it stands on the right side of, ties half.
  std::vector<double> placement;
};

std::optional<ClassArea> class_area(const FoldPredictions& fold, std::size_t classes,
                                    std::int64_t label) {
  const auto count = fold.target.size();
  const auto score = [&](std::size_t row) {
    return fold.probabilities[row * classes + static_cast<std::size_t>(label)];
  };
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return score(a) < score(b); });
  const auto is_positive = [&](std::size_t row) { return fold.target[row] == label; };
  double positives = 0.0;
  for (std::size_t row = 0; row < count; ++row) positives += is_positive(row) ? 1.0 : 0.0;
  const double negatives = static_cast<double>(count) - positives;
  if (positives == 0.0 || negatives == 0.0) return std::nullopt;
  ClassArea area;
  area.placement.resize(count);
  double positives_below = 0.0, negatives_below = 0.0;
  for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
    double here_positive = 0.0, here_negative = 0.0;
    for (end = begin; end < count && score(order[end]) == score(order[begin]); ++end) {
      (is_positive(order[end]) ? here_positive : here_negative) += 1.0;
    }
    for (auto i = begin; i < end; ++i) {
      area.placement[order[i]] =
          is_positive(order[i]) ? (negatives_below + 0.5 * here_negative) / negatives
                                : (positives - positives_below - 0.5 * here_positive) / positives;
    }
    area.value += here_positive * (negatives_below + 0.5 * here_negative);
    positives_below += here_positive;
    negatives_below += here_negative;
  }
  area.value /= positives * negatives;
  return area;
}

// The classes an average runs over.
std::vector<std::int64_t> averaged_classes(std::size_t classes) {
  if (classes == 2) return {1};
  std::vector<std::int64_t> labels(classes);
  std::iota(labels.begin(), labels.end(), 0);
  return labels;
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
  double areas = 0.0;
  for (const auto label : averaged_classes(classes)) {
    const auto area = class_area(fold, classes, label);
    if (!area) continue;
    areas += 1.0;
    result.value += area->value;
    const double positive = share[static_cast<std::size_t>(label)];
    for (std::size_t row = 0; row < fold.target.size(); ++row) {
      const double side = fold.target[row] == label ? positive : 1.0 - positive;
      result.influence[row] += (area->placement[row] - area->value) / side;
    }
  }
  if (areas == 0.0) return std::nullopt;
  result.value /= areas;
  for (auto& value : result.influence) value /= areas;
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

FoldedMetric cross_validated_auc(const std::vector<FoldPredictions>& folds, std::size_t classes,
                                 double confidence) {
  FoldedMetric metric;
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
