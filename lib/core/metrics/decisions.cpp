// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <candor/error.h>

#include "core/metrics/decision_needs.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

std::optional<ThresholdChoice> threshold_choice(const std::optional<ThresholdConfig>& config) {
  if (!config) return std::nullopt;
  if (config->maximize) {
    return MaximizeMetric{threshold_metric(*config->maximize, "task.threshold.maximize")};
  }
  if (config->recall) return ThresholdAtRecall{*config->recall};
  if (config->precision) return ThresholdAtPrecision{*config->precision};
  return FixedThreshold{config->value.value_or(0.5)};
}

std::optional<AbstainChoice> abstain_choice(const std::optional<AbstainConfig>& config) {
  if (!config) return std::nullopt;
  if (config->accuracy) return AbstainForAccuracy{*config->accuracy};
  return AbstainForCoverage{config->coverage.value_or(1.0)};
}

ConformalChoice conformal_choice(const ConformalConfig& config) {
  return {config.method == SetMethod::aps ? ConformalMethod::aps : ConformalMethod::lac,
          config.alpha, config.group.value_or("")};
}

DecisionOptions options_of(const RunConfig& config) {
  const auto& calibration = config.calibration;
  DecisionOptions options;
  options.calibration = calibration.method;
  options.threshold = threshold_choice(config.task.threshold);
  options.abstain = abstain_choice(calibration.abstain);
  if (calibration.conformal) {
    options.conformal = conformal_choice(*calibration.conformal);
  }
  if (const auto& groups = calibration.group_thresholds) {
    options.group_thresholds = {
        groups->group,
        {groups->constraint, GroupObjective::balanced_accuracy, groups->max_difference}};
  }
  return options;
}

CalibrationRows rows_of(const Scored& scored) {
  CalibrationRows rows;
  rows.classes = scored.labels.size();
  rows.probabilities.assign(scored.probabilities.begin(), scored.probabilities.end());
  rows.labels = scored.target;
  rows.weights = scored.weight;
  return rows;
}

}  // namespace

bool asks_for_decision(const RunConfig& config) {
  return config.task.threshold || asks_for_calibration_rows(config);
}

FittedDecision fit_decision(const RunConfig& config, const std::vector<std::string>& labels,
                            const Scored* calibration) {
  FittedDecision fitted;
  fitted.rule.classes = labels.size();
  if (!asks_for_decision(config)) return fitted;
  check_two_labels(config, labels);
  const auto options = options_of(config);
  if (!asks_for_calibration_rows(config)) {
    fitted.rule.threshold = {std::get<FixedThreshold>(*options.threshold).value, "fixed"};
    return fitted;
  }
  if (calibration == nullptr) {
    throw Error(ErrorKind::data,
                "data.split.calibration: there are no calibration rows, and calibration or "
                "task.threshold is to be fitted on them; raise it");
  }
  if (calibration->kind == OutputKind::classification) {
    return fit_decision_rule(rows_of(*calibration), calibration->groups, options);
  }
  if (options.conformal) {
    fitted.rule = fit_interval_rule(calibration->target_value, calibration->value,
                                    calibration->groups, *options.conformal);
  }
  return fitted;
}

Conformal fit_out_of_fold(const RunConfig& config, const Scored& held_out, std::size_t folds) {
  const auto choice = conformal_choice(*config.calibration.conformal);
  const auto groups = choice.group_column.empty() ? std::vector<std::string>{}
                                                  : held_out.groups.at(choice.group_column);
  Conformal conformal;
  if (held_out.kind == OutputKind::regression) {
    conformal = fit_conformal_residuals(held_out.target_value, held_out.value, choice.alpha, groups,
                                        choice.group_column);
  } else {
    auto rows = rows_of(held_out);
    rows.groups = groups;
    conformal = fit_conformal(rows, choice.method, choice.alpha, choice.group_column);
  }
  conformal.folds = folds;
  return conformal;
}

PriorShift find_priors(const PriorsConfig& config, const Scored& scored, const DecisionRule& rule,
                       const std::vector<double>& training, double confidence) {
  PriorShift shift{training, {}, "given"};
  if (!config.given.empty()) {
    for (const auto& label : scored.labels) {
      const auto found = config.given.find(label);
      if (found == config.given.end() || config.given.size() != scored.labels.size()) {
        throw Error(ErrorKind::config,
                    fmt::format("evaluate.priors.given: needs a share for each class of the model "
                                "and no other: {}",
                                fmt::join(scored.labels, ", ")));
      }
      shift.target.push_back(found->second);
    }
    return shift;
  }
  auto rows = rows_of(scored);
  calibrate(rule.calibration, rows);
  PriorEstimateOptions options;
  options.confidence = confidence;
  const auto estimate = estimate_priors(rows.probabilities, training, options);
  shift.target = estimate.priors;
  shift.chosen_by = fmt::format("estimated on {} rows", estimate.rows);
  shift.low = estimate.low;
  shift.high = estimate.high;
  return shift;
}

DecisionRule rule_for_report(const EvaluateConfig& config, const Scored& scored, DecisionRule rule,
                             const std::vector<double>& training) {
  if (!config.priors || scored.kind != OutputKind::classification) return rule;
  if (training.size() != scored.labels.size()) {
    throw Error(
        ErrorKind::model,
        "evaluate.priors: metrics.json of this model does not say how often its classes came "
        "in training (an earlier candor made it); train it again, or set evaluate.priors to "
        "null");
  }
  rule.priors = find_priors(*config.priors, scored, rule, training, config.confidence);
  return rule;
}

std::vector<std::string> fitting_lines(const FittedDecision& fitted) {
  std::vector<std::string> lines;
  for (const auto& line : fitted.rule.summary()) lines.push_back("decisions: " + line);
  if (!std::holds_alternative<std::monostate>(fitted.rule.calibration)) {
    lines.push_back(fmt::format("calibration: log loss {:.4g} before, {:.4g} after, on {} rows",
                                fitted.log_loss_before, fitted.log_loss_after, fitted.rule.rows));
  }
  if (const auto& groups = fitted.groups) {
    const bool parity = groups->thresholds.constraint == GroupConstraint::demographic_parity;
    const auto difference = [&](const GroupEffect& effect) {
      return parity ? effect.demographic_parity_difference : effect.equalized_odds_difference;
    };
    lines.push_back(fmt::format(
        "thresholds by {}: {} difference {:.4g} before, {:.4g} after; balanced accuracy {:.4g} "
        "before, {:.4g} after, on the calibration rows",
        groups->thresholds.column, parity ? "demographic parity" : "equalized odds",
        difference(groups->before), difference(groups->after), groups->before.balanced_accuracy,
        groups->after.balanced_accuracy));
  }
  return lines;
}

std::vector<double> training_priors(const TrainConfig& config,
                                    const std::vector<std::int64_t>& class_counts,
                                    const std::vector<std::string>& labels) {
  // What these weigh is not known by class.
  if (config.fairness || config.sampling.by == SamplingBy::weight ||
      config.sampling.by == SamplingBy::group) {
    return {};
  }
  std::vector<double> shares(class_counts.begin(), class_counts.end());
  for (const bool even : {config.sampling.by == SamplingBy::by_class,
                          config.loss.class_weighting == ClassWeighting::balanced}) {
    if (!even) continue;
    for (std::size_t k = 0; k < shares.size(); ++k) {
      if (class_counts[k] > 0) shares[k] /= static_cast<double>(class_counts[k]);
    }
  }
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const auto found = config.loss.class_weights.find(labels[k]);
    if (found != config.loss.class_weights.end()) shares[k] *= found->second;
  }
  const auto sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (auto& share : shares) share /= sum;
  return shares;
}

std::vector<double> training_priors(const Json& metrics) {
  std::vector<double> priors;
  for (const auto& share : metrics.value("training_priors", Json::array())) {
    if (share.is_number()) priors.push_back(share.get<double>());
  }
  return priors;
}

}  // namespace candor
