// SPDX-License-Identifier: Apache-2.0
// Metrics of an order: area under the ROC curve with its variance, and average precision.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/intervals.h"
#include "core/metrics/measures.h"
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
  std::size_t fewest = 0;  // effective rows of the smaller side, of the class where it is smallest
  std::string too_few;     // why there is no variance; empty where there is one
  std::vector<double> influence;  // by row: weight times derivative by weight
};
// Why the rows of a side, or of one of the true classes that occur, do not show how an area varies:
// there is one, or a few have most of the weight. Empty where they do.
std::string too_few_of_side(const WeightSums& weights);
std::string too_few_of_class(std::span<const std::int64_t> target, std::span<const double> weight);

// Of a sum of what independent rows add to it, LinearisedVariance within each true class; with
// equal weights that is DeLong's estimate, of one area or of the difference of two. Empty where
// there is too_few_of_class().
std::optional<double> variance_by_class(std::span<const double> influence,
                                        std::span<const std::int64_t> target,
                                        std::span<const double> weight);
Auc mean_auc(const Scored& scored, const std::vector<RankedClass>& classes,
             std::span<const double> weight);

// The same, class by class, for more classes than can be kept at once; and the mean of their
// average precisions.
class RankMeans {
 public:
  // `influence` false: values only.
  RankMeans(const Scored& scored, std::span<const double> weight, std::size_t classes,
            bool influence);
  void add(const RankedClass& ranked);
  Auc auc() const;
  double average_precision() const { return precision_; }
  const std::vector<double>& precision_influence() const { return precision_influence_; }

 private:
  const Scored& scored_;
  std::span<const double> weight_;
  double share_;  // of one class in the means
  bool influence_;
  double auc_ = 0.0;
  double precision_ = 0.0;
  std::vector<double> auc_influence_, precision_influence_;
};

// Area under the curve where row i counts `counts[i]` times: one pass, exact but for the last
// division; NaN when a side is empty.
double counted_auc(const RankedClass& ranked, std::span<const std::uint32_t> counts);

// The interval and the method's name; empty where one row stands for a class.
std::optional<Interval> auc_interval(const Auc& auc, const MeasureOptions& options,
                                     std::string& method);

// One class against the others: its area, the weight of both sides, and for every row the share of
// the other side that it stands on the right side of, ties half.
struct RankedArea {
  double value = 0.0;
  double positive = 0.0, negative = 0.0;
  std::vector<double> placement;
};
// Both sides have weight.
RankedArea ranked_area(const RankedClass& ranked, std::span<const double> weight);

// The mean area of `classes` in each of `resamples` resamples that keep the number of rows of every
// true class. Every row counts once.
std::vector<double> stratified_auc_samples(const Scored& scored,
                                           const std::vector<RankedClass>& classes,
                                           std::size_t resamples);

// Sum over thresholds of (recall step) x precision, equal scores taken together; `weight` by row.
// Empty without a positive.
std::optional<double> average_precision(const RankedClass& ranked, std::span<const double> weight);

// Adds `share` times what every row adds to average_precision (weight times derivative by weight).
void add_average_precision_influence(const RankedClass& ranked, std::span<const double> weight,
                                     double share, std::vector<double>& influence);

}  // namespace candor
