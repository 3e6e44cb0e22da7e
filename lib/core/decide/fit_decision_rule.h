// SPDX-License-Identifier: Apache-2.0
// From calibration rows to a decision rule: all of its parts, in the order in which they are
// applied.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/decide/decision_rule.h"
#include "core/decide/threshold.h"

namespace candor {

struct ConformalChoice {
  ConformalMethod method = ConformalMethod::lac;
  double alpha = 0.1;
  std::string group_column;  // empty: all rows alike
};

struct GroupThresholdChoice {
  std::string column;
  GroupChoice choice;
};

struct DecisionOptions {
  CalibrationMethod calibration = CalibrationMethod::none;
  std::optional<PriorShift> priors;
  std::optional<ThresholdChoice> threshold;              // two classes
  std::optional<GroupThresholdChoice> group_thresholds;  // two classes
  std::optional<ConformalChoice> conformal;
  std::optional<AbstainChoice> abstain;
};

// Values of each column that the options name, by row; [N] each.
using GroupColumns = std::map<std::string, std::vector<std::string>>;

struct FittedDecision {
  DecisionRule rule;
  double log_loss_before = 0.0;  // of the model's own probabilities on the calibration rows
  double log_loss_after = 0.0;   // and of the calibrated ones
  std::vector<RiskCoveragePoint> risk_coverage;
  std::optional<GroupFit> groups;  // before, after, cost
};

// rows.groups is not read. Where priors are given, threshold and abstention are chosen on rows that
// weigh as often as their class comes there. Errors are those of the parts; Error{failed} where
// `columns` lacks one that the options name.
FittedDecision fit_decision_rule(CalibrationRows rows, const GroupColumns& columns,
                                 const DecisionOptions& options);

// Regression: intervals only.
DecisionRule fit_interval_rule(std::span<const double> targets, std::span<const double> predictions,
                               const GroupColumns& columns, const ConformalChoice& choice);

}  // namespace candor
