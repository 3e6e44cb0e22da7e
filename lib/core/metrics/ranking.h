// SPDX-License-Identifier: Apache-2.0
// Metrics of an order: area under the ROC curve with its variance, and average precision.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/intervals.h"
#include "core/metrics/report.h"

namespace candor {

// Row numbers by falling score of one class; rows of equal score stand together.
struct RankedClass {
  std::int64_t label = 0;
  std::vector<std::uint32_t> order;
  std::vector<std::uint8_t> positive;  // by place in `order`
  std::vector<std::uint8_t> tie_ends;  // 1: the last place of a run of equal scores
};

RankedClass rank_class(const Scored& scored, std::int64_t label);

// The classes an average runs over: of two the last; of more each that occurs among the true labels
// of rows with weight > 0. Empty when fewer than two classes occur.
std::vector<std::int64_t> ranked_labels(const Scored& scored, std::span<const double> weight);

// Area under the ROC curve of each class, and what every row adds to the error of their mean
// (DeLong, DeLong and Clarke-Pearson 1988; placements from one sort, as Sun and Xu 2014 found).
struct Auc {
  double value = 0.0;
  double variance = 0.0;
  std::size_t fewest = 0;     // rows of the smaller side, of the class where it is smallest
  bool sides_of_two = false;  // every true class has two rows at least: the variance is defined
};
Auc mean_auc(const Scored& scored, const std::vector<RankedClass>& classes,
             std::span<const double> weight);

// The interval at `confidence` and the method's name; empty where one row stands for a class.
std::optional<Interval> auc_interval(const Auc& auc, double confidence, std::string& method);

// Sum over thresholds of (recall step) x precision, equal scores taken together; `weight` by row.
// Empty without a positive.
std::optional<double> average_precision(const RankedClass& ranked, std::span<const double> weight);

}  // namespace candor
