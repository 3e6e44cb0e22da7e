// SPDX-License-Identifier: Apache-2.0
// What turns a model's probabilities into an answer: fitted on calibration rows, stored beside the
// model as decision.json, applied by everything that answers.
//
// In this order: the probabilities are calibrated, then moved to other class frequencies; the label
// is the class at the threshold (of two), by the group's thresholds, or the most probable one; a
// row whose most probable class is below the bound is abstained from. The prediction set is made of
// the model's own probabilities, so that its guarantee does not hang on a calibration fitted on the
// same rows; it knows of no other class frequencies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/decide/abstention.h"
#include "core/decide/calibration.h"
#include "core/decide/conformal.h"
#include "core/decide/group_thresholds.h"
#include "core/decide/prior_shift.h"

namespace candor {

struct StoredThreshold {
  double value = 0.5;     // positive when its probability is at or above it
  std::string chosen_by;  // as ChosenThreshold
};

struct DecisionRule {
  std::size_t classes = 0;  // 0: regression, where only `conformal` may be there
  std::size_t rows = 0;     // calibration rows it was fitted on
  Calibration calibration;
  std::optional<PriorShift> priors;
  std::optional<StoredThreshold> threshold;
  std::optional<GroupThresholds> group_thresholds;
  std::optional<Conformal> conformal;
  std::optional<Abstention> abstention;

  // It changes nothing: the most probable class, and no more.
  bool plain() const;
  // Columns whose values it must be told, each once.
  std::vector<std::string> group_columns() const;
  // What decides between the classes: "threshold 0.31 (maximum of f1)", "the most probable class";
  // empty for regression.
  std::string decided_by() const;
  // One line per part, for reports; one of them is decided_by(). A threshold by group has a line
  // each.
  std::vector<std::string> summary() const;
};

// Column to value, of one row. Columns that a rule does not ask for are ignored.
using RowGroups = std::map<std::string, std::string>;

struct Decision {
  std::int64_t label = 0;             // class index
  std::vector<double> probabilities;  // as adjusted, [K], sum 1
  // Classes by rising index; empty optional: the rule has no sets. The set itself may be empty.
  std::optional<std::vector<std::int64_t>> set;
  bool abstained = false;
};

// `probabilities`: [classes], the model's own. Throws Error{request} where a group that the label
// hangs on is missing or unknown. (The set of such a row has every class.)
Decision decide(const DecisionRule& rule, std::span<const double> probabilities,
                const RowGroups& groups = {});

// Throws as decide() does, before anything is run.
void check_groups(const DecisionRule& rule, const RowGroups& groups);

// Regression: the interval around a prediction, where the rule has one.
std::optional<PredictionInterval> decide_interval(const DecisionRule& rule, double prediction,
                                                  const RowGroups& groups = {});

// decision.json, format version 1.
Json to_json(const DecisionRule& rule);
// Strict: throws Error{model} whose text is `where`, the JSON pointer, what was found and what is
// allowed.
DecisionRule decision_rule_from_json(const Json& json, const std::string& where);

}  // namespace candor
