// SPDX-License-Identifier: Apache-2.0
// Decision rules and scored rows: a rule fitted on the rows kept for it, and what it does on
// others.
#pragma once

#include <candor/config.h>

#include <string>
#include <vector>

#include "core/config/check_evaluate.h"
#include "core/decide/fit_decision_rule.h"
#include "core/metrics/report.h"

namespace candor {

// Whether the config asks for any decision but the most probable class.
bool asks_for_decision(const RunConfig& config);

// What the config asks for, fitted on `calibration`, rows that were used for nothing else; null
// where a fixed threshold is all that is asked for. `labels` are the model's, none for regression.
// Throws Error{data} and Error{config} as the parts do (core/decide).
FittedDecision fit_decision(const RunConfig& config, const std::vector<std::string>& labels,
                            const Scored* calibration);

// Sets or intervals by what the models of `folds` folds said of the rows that they held out
// (sets_from_folds()). Throws as fit_conformal() does.
Conformal fit_out_of_fold(const RunConfig& config, const Scored& held_out, std::size_t folds);

// Applies the rule to every row: probabilities, decided classes, and Scored::decision. Nothing for
// a plain rule. `confidence` is that of the intervals. Throws Error{data} where rows have a group
// that the rule needs and does not know.
void apply_decision(Scored& scored, const DecisionRule& rule, double confidence);

// Why interval_width has no value: it is beyond every number.
inline constexpr const char* kNoEnds = "some intervals have no ends";

// With sets set_coverage and set_size; with intervals interval_coverage and interval_width; with
// abstention answered and accuracy_answered. Shares by Wilson, or by Clopper and Pearson where
// `exact`; sizes by Student's t. `confidence` is the two-sided level.
std::vector<Metric> decision_metrics(const DecisionTally& tally, double confidence,
                                     bool exact = false);

// The frequencies that config.evaluate.priors gives or that these rows' probabilities tell, against
// those of training (`training`: [K]). The rule must be that of the model, without any.
PriorShift find_priors(const PriorsConfig& config, const Scored& scored, const DecisionRule& rule,
                       const std::vector<double>& training, double confidence);

// The model's rule, with the frequencies that config.priors asks for.
DecisionRule rule_for_report(const EvaluateConfig& config, const Scored& scored, DecisionRule rule,
                             const std::vector<double>& training);

// What fitting has changed on the calibration rows: log loss, groups before and after. For the log.
std::vector<std::string> fitting_lines(const FittedDecision& fitted);

// Frequencies of the classes as training's loss saw them: counts times class weights, all alike
// where classes are balanced. [K], sum 1.
std::vector<double> training_priors(const TrainConfig& config,
                                    const std::vector<std::int64_t>& class_counts,
                                    const std::vector<std::string>& labels);

// The same out of metrics.json; empty where it has none.
std::vector<double> training_priors(const Json& metrics);

// "decision" of report.json, and the lines for people: of the rule alone (its parts, and class
// frequencies), and with what is measured of all rows.
Json decision_json(const DecisionReport& decision, double confidence);
std::vector<std::string> decision_rule_lines(const DecisionReport& decision);
std::vector<std::string> decision_lines(const DecisionReport& decision);

}  // namespace candor
