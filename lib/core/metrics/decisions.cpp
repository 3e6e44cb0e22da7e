// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <candor/error.h>

#include "core/metrics/measures.h"
#include "core/metrics/metric_json.h"
#include "core/metrics/report_format.h"

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

DecisionOptions options_of(const RunConfig& config) {
  const auto& calibration = config.calibration;
  DecisionOptions options;
  options.calibration = calibration.method;
  options.threshold = threshold_choice(config.task.threshold);
  options.abstain = abstain_choice(calibration.abstain);
  if (calibration.conformal) {
    options.conformal = {ConformalMethod::lac, calibration.conformal->alpha,
                         calibration.conformal->group.value_or("")};
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

void check_two_labels(const RunConfig& config, const std::vector<std::string>& labels) {
  const bool threshold = config.task.threshold.has_value();
  if (!(threshold || config.calibration.group_thresholds) || labels.size() == 2) return;
  throw Error(
      ErrorKind::config,
      fmt::format("{}: a threshold decides between two classes, and the data has {}; remove "
                  "it (~{})",
                  threshold ? "task.threshold" : "calibration.group_thresholds", labels.size(),
                  threshold ? "task.threshold" : "calibration.group_thresholds"));
}

// Groups of one row, of the columns that a rule asks for.
RowGroups groups_of(const Scored& scored, const std::vector<std::string>& columns,
                    std::size_t row) {
  RowGroups groups;
  for (const auto& column : columns) {
    const auto found = scored.groups.find(column);
    if (found != scored.groups.end()) groups[column] = found->second[row];
  }
  return groups;
}

Decision decide_row(const DecisionRule& rule, const Scored& scored,
                    std::span<const double> probabilities, const RowGroups& groups,
                    std::size_t row) {
  try {
    return decide(rule, probabilities, groups);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::request) throw;
    const auto place = scored.ids.empty() ? fmt::format("row {}", row) : scored.ids[row];
    throw Error(ErrorKind::data, place + ": " + error.what());
  }
}

Metric mean_metric(const std::string& name, double sum, double weight, bool higher_is_better) {
  auto metric = weight > 0.0 ? valued_metric(name, sum / weight)
                             : undefined_metric(name, "there are no rows");
  metric.higher_is_better = higher_is_better;
  metric.method = "none";
  return metric;
}

// What is counted of the decisions on classes.
struct Tally {
  Share covered, answered, right_of_answered;
  double set_sizes = 0.0, weight = 0.0;

  void add(const Decision& decision, std::int64_t target, double row_weight) {
    weight += row_weight;
    if (decision.set) {
      covered.add(
          std::find(decision.set->begin(), decision.set->end(), target) != decision.set->end(),
          row_weight);
      set_sizes += row_weight * static_cast<double>(decision.set->size());
    }
    answered.add(!decision.abstained, row_weight);
    if (!decision.abstained) right_of_answered.add(decision.label == target, row_weight);
  }
};

void apply_to_classes(Scored& scored, const DecisionRule& rule, const MeasureOptions& options) {
  const auto classes = scored.labels.size();
  const auto columns = rule.group_columns();
  const auto weights = row_weights(scored);
  std::vector<double> own(classes);
  Tally tally;
  scored.decided.clear();
  for (std::size_t row = 0; row < scored.target.size(); ++row) {
    auto* probabilities = scored.probabilities.data() + row * classes;
    std::copy(probabilities, probabilities + classes, own.begin());
    const auto decision = decide_row(rule, scored, own, groups_of(scored, columns, row), row);
    for (std::size_t k = 0; k < classes; ++k) {
      probabilities[k] = static_cast<float>(decision.probabilities[k]);
    }
    scored.decided.push_back(decision.label);
    tally.add(decision, scored.target[row], weights[row]);
  }
  if (rule.threshold) scored.threshold = {rule.threshold->value, rule.threshold->chosen_by};
  auto& metrics = scored.decision->metrics;
  if (rule.conformal) {
    metrics.push_back(share_metric("set_coverage", tally.covered, "there are no rows", options));
    metrics.push_back(mean_metric("set_size", tally.set_sizes, tally.weight, false));
  }
  if (rule.abstention) {
    metrics.push_back(share_metric("answered", tally.answered, "there are no rows", options));
    metrics.push_back(
        share_metric("accuracy_answered", tally.right_of_answered, "no row is answered", options));
  }
}

void apply_to_values(Scored& scored, const DecisionRule& rule, const MeasureOptions& options) {
  const auto columns = rule.group_columns();
  const auto weights = row_weights(scored);
  Share covered;
  double widths = 0.0, weight = 0.0;
  for (std::size_t row = 0; row < scored.value.size(); ++row) {
    const auto interval = decide_interval(rule, scored.value[row], groups_of(scored, columns, row));
    if (!interval) return;
    covered.add(
        interval->low <= scored.target_value[row] && scored.target_value[row] <= interval->high,
        weights[row]);
    widths += weights[row] * (interval->high - interval->low);
    weight += weights[row];
  }
  auto& metrics = scored.decision->metrics;
  metrics.push_back(share_metric("interval_coverage", covered, "there are no rows", options));
  metrics.push_back(mean_metric("interval_width", widths, weight, false));
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
  if (config.task.type == TaskType::classification) check_two_labels(config, labels);
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

void apply_decision(Scored& scored, const DecisionRule& rule, double confidence) {
  if (rule.plain()) return;
  const MeasureOptions options{confidence, true};
  scored.decision.emplace().rule = rule.summary();
  if (scored.kind == OutputKind::classification) {
    apply_to_classes(scored, rule, options);
  } else if (scored.kind == OutputKind::regression) {
    apply_to_values(scored, rule, options);
  }
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
  for (std::size_t k = 0; k < scored.labels.size(); ++k) {
    shift.chosen_by +=
        fmt::format("{} {} {:.3g} ({:.3g} to {:.3g})", k == 0 ? ":" : ",", scored.labels[k],
                    estimate.priors[k], estimate.low[k], estimate.high[k]);
  }
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

std::vector<std::string> fitting_lines(const FittedDecision& fitted, const Scored& calibration) {
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
  if (const auto& conformal = fitted.rule.conformal;
      conformal && !conformal->group_column.empty()) {
    const auto& values = calibration.groups.at(conformal->group_column);
    const std::set<std::string> all(values.begin(), values.end());
    if (all.size() > conformal->group_quantiles.size()) {
      lines.push_back(fmt::format(
          "calibration.conformal: {} of {} groups of {} have fewer than {} calibration rows; their "
          "rows get every answer",
          all.size() - conformal->group_quantiles.size(), all.size(), conformal->group_column,
          rows_needed(conformal->alpha)));
    }
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

Json decision_json(const DecisionReport& decision, double confidence) {
  return {{"rule", decision.rule}, {"metrics", metrics_json(decision.metrics, confidence)}};
}

std::vector<std::string> decision_lines(const DecisionReport& decision) {
  auto lines = decision.rule;
  for (const auto& metric : decision.metrics) {
    const auto interval = interval_text(metric);
    lines.push_back(metric.name + " " + (metric.value ? value_text(metric) : metric.reason) +
                    (metric.value && interval != "-" ? " " + interval : ""));
  }
  return lines;
}

}  // namespace candor
