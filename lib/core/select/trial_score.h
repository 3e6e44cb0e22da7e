// SPDX-License-Identifier: Apache-2.0
// What a trial's run directory says of its values.
#pragma once

#include <filesystem>
#include <string>

#include <candor/config.h>

#include "core/select/trial_log.h"

namespace candor {

// What trials are compared by.
struct ScoreRule {
  std::string name;        // train.metric, or "loss"
  std::string comparable;  // the same on the scale of reports: of "loss" log_loss, rmse or
                           // cross_entropy
  bool higher_is_better = false;
  bool by_folds = false;   // the mean over the folds; `name` is then `comparable`
  bool of_best = true;     // train.weights: of the best validation, else of the last one
  double min_delta = 0.0;  // train.early_stopping: how much better counts as better
};
ScoreRule score_rule(const RunConfig& config);

// Fills in score, comparable, epochs and steps of `result` from the files in `run`; where there is
// no score, state and reason say so.
void read_trial_score(const std::filesystem::path& run, const ScoreRule& rule, TrialResult& result);

}  // namespace candor
