// SPDX-License-Identifier: Apache-2.0
// Fairness by post-processing: a threshold for each group, chosen so that the groups fare alike.
// Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning". The model stays
// as it is; whoever asks must say which group a row belongs to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <candor/config/evaluate.h>

#include "core/decide/calibration_rows.h"

namespace candor {

// GroupConstraint demographic_parity: the same share of each group is selected. equalized_odds: the
// same share of each group's positives, and of its negatives.
enum class GroupObjective { accuracy, balanced_accuracy };

// With this probability the threshold decides.
struct MixedThreshold {
  double threshold = 0.5;
  double probability = 1.0;
};
inline constexpr double kSelectAlways =
    0.0;  // thresholds that are below and above every probability
inline constexpr double kSelectNever = 2.0;

struct GroupThresholds {
  std::string column;
  GroupConstraint constraint = GroupConstraint::demographic_parity;
  GroupObjective objective = GroupObjective::balanced_accuracy;
  double max_difference = 0.0;
  // By rising threshold, the probabilities' sum is 1. demographic_parity: one each.
  std::map<std::string, std::vector<MixedThreshold>> groups;

  // Probability that a row with this positive score is selected; never falls with the score. Throws
  // Error{request} for an unknown group, with the column and the groups that are known.
  double selection(double score, const std::string& group) const;
};

struct GroupRates {
  std::string group;
  double weight = 0.0;
  double selection = 0.0;
  double true_positive_rate = 0.0;   // 0 without positives
  double false_positive_rate = 0.0;  // 0 without negatives
};

// Expected outcome of decisions, some of which may be drawn.
struct GroupEffect {
  std::vector<GroupRates> groups;
  double demographic_parity_difference = 0.0;  // highest less lowest selection
  double equalized_odds_difference = 0.0;      // of both rates the larger range over the groups
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;
};

// selection: [N], each row's probability of being selected.
GroupEffect measure_group_effect(const CalibrationRows& rows, const std::vector<double>& selection);

struct GroupChoice {
  GroupConstraint constraint = GroupConstraint::demographic_parity;
  GroupObjective objective = GroupObjective::balanced_accuracy;
  // demographic_parity: how far the groups' shares may lie apart, [0, 1]. One step more counts as
  // equal: 1 / (distinct scores of the group with fewest). Below the gap before, a larger one costs
  // less.
  double max_difference = 0.0;
};

struct GroupFit {
  GroupThresholds thresholds;
  GroupEffect before;  // one threshold for all
  GroupEffect after;
  double cost = 0.0;  // the objective before less after; below 0 it has grown
};

// The best objective under the constraint on these rows; `threshold` is what was used for all
// before. demographic_parity: one threshold per group, exact over all pairs of cuts, O(n log n +
// groups n). equalized_odds: the best point that lies under every group's convex hull of the ROC
// curve; each group comes there by drawing between two thresholds, and a group that does better by
// drawing at random now and then (its own advantage is given up: the constraint's price). Rates on
// new rows differ by what chance brings. Throws Error{failed} without groups or with other than two
// classes, Error{data} for fewer than two groups, and, for equalized_odds, for a group without
// positives or without negatives.
GroupFit fit_group_thresholds(const CalibrationRows& rows, const std::string& column,
                              const GroupChoice& choice, double threshold);

}  // namespace candor
