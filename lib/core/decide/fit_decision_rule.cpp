// SPDX-License-Identifier: Apache-2.0
#include "core/decide/fit_decision_rule.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

namespace candor {
namespace {

const std::vector<std::string>& column_of(const GroupColumns& columns, const std::string& name) {
  const auto found = columns.find(name);
  if (found == columns.end()) {
    throw Error(ErrorKind::failed, "calibration rows: have no values of the column '" + name + "'");
  }
  return found->second;
}

Calibration fit_calibration(const CalibrationRows& rows, CalibrationMethod method) {
  if (method == CalibrationMethod::temperature) return fit_temperature(rows);
  if (method == CalibrationMethod::isotonic) return fit_isotonic(rows);
  return {};
}

// Rows as they would be where their classes have other frequencies.
void move_to(const PriorShift& shift, CalibrationRows& rows) {
  check_prior_shift(shift, rows.classes);
  if (rows.weights.empty()) rows.weights.assign(rows.count(), 1.0);
  for (std::size_t i = 0; i < rows.count(); ++i) {
    adjust_priors(shift, rows.row(i));
    const auto label = rows.label(i);
    rows.weights[i] *= shift.target[label] / shift.training[label];
  }
}

struct Answers {
  std::vector<double> confidence;
  std::vector<std::uint8_t> correct;
};

// What the rule so far says about each of the model's own probabilities.
Answers answers_of(const DecisionRule& rule, const CalibrationRows& own,
                   const GroupColumns& columns) {
  Answers answers;
  RowGroups groups;
  for (std::size_t i = 0; i < own.count(); ++i) {
    for (const auto& name : rule.group_columns()) groups[name] = column_of(columns, name)[i];
    const auto decision = decide(rule, own.row(i), groups);
    answers.confidence.push_back(
        *std::max_element(decision.probabilities.begin(), decision.probabilities.end()));
    answers.correct.push_back(decision.label == own.labels[i]);
  }
  return answers;
}

}  // namespace

FittedDecision fit_decision_rule(CalibrationRows rows, const GroupColumns& columns,
                                 const DecisionOptions& options) {
  check_rows(rows);
  FittedDecision fitted;
  auto& rule = fitted.rule;
  rule.classes = rows.classes;
  rule.rows = rows.count();
  const auto own = rows;
  fitted.log_loss_before = log_loss(rows);
  rule.calibration = fit_calibration(rows, options.calibration);
  calibrate(rule.calibration, rows);
  fitted.log_loss_after = log_loss(rows);
  if (options.priors) {
    move_to(*options.priors, rows);
    rule.priors = options.priors;
  }
  if (options.threshold) {
    auto chosen = choose_threshold(binary_scores(rows), *options.threshold);
    rule.threshold = {chosen.value, std::move(chosen.chosen_by)};
  }
  if (options.group_thresholds) {
    const auto& [column, choice] = *options.group_thresholds;
    rows.groups = column_of(columns, column);
    fitted.groups =
        fit_group_thresholds(rows, column, choice, rule.threshold ? rule.threshold->value : 0.5);
    rule.group_thresholds = fitted.groups->thresholds;
  }
  if (options.abstain) {
    const auto answers = answers_of(rule, own, columns);
    fitted.risk_coverage = risk_coverage_curve(answers.confidence, answers.correct, rows.weights);
    rule.abstention = choose_abstention(fitted.risk_coverage, *options.abstain);
  }
  if (options.conformal) {
    const auto& choice = *options.conformal;
    rows.probabilities = own.probabilities;
    if (!choice.group_column.empty()) rows.groups = column_of(columns, choice.group_column);
    rule.conformal = fit_conformal(rows, choice.method, choice.alpha, choice.group_column);
  }
  return fitted;
}

DecisionRule fit_interval_rule(std::span<const double> targets, std::span<const double> predictions,
                               const GroupColumns& columns, const ConformalChoice& choice) {
  DecisionRule rule;
  rule.rows = targets.size();
  const auto groups = choice.group_column.empty() ? std::vector<std::string>{}
                                                  : column_of(columns, choice.group_column);
  rule.conformal =
      fit_conformal_residuals(targets, predictions, choice.alpha, groups, choice.group_column);
  return rule;
}

}  // namespace candor
