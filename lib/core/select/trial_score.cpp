// SPDX-License-Identifier: Apache-2.0
#include "core/select/trial_score.h"

#include <algorithm>
#include <array>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/config/metric_list.h"
#include "core/metrics/history.h"
#include "core/select/cross_validation.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

const char* loss_as_metric(TaskType task) {
  switch (task) {
    case TaskType::classification: return "log_loss";
    case TaskType::regression: return "rmse";
    case TaskType::language_model: break;
  }
  return "cross_entropy";
}

void fail(TrialResult& result, std::string reason) {
  result.state = "failed";
  result.reason = std::move(reason);
}

// The validation whose weights the run takes, as training judges it; null: none.
const std::array<double, 2>* chosen_point(const Points& points, const ScoreRule& rule) {
  const std::array<double, 2>* best = nullptr;
  for (const auto& point : points) {
    const bool better = best == nullptr || !rule.of_best ||
                        (rule.higher_is_better ? point[1] > (*best)[1] + rule.min_delta
                                               : point[1] < (*best)[1] - rule.min_delta);
    if (better) best = &point;
  }
  return best;
}

void read_validation(const fs::path& run, const ScoreRule& rule, TrialResult& result) {
  const auto history = read_history(run / "metrics.jsonl");
  const auto* point = chosen_point(history.series("validation/" + rule.name), rule);
  if (point == nullptr) return fail(result, "no validation has a " + rule.name);
  result.score = (*point)[1];
  result.steps = (*point)[0];
  result.epochs = history.steps_per_epoch > 0.0 ? result.steps / history.steps_per_epoch : 0.0;
  for (const auto& [step, value] : history.series("validation/" + rule.comparable)) {
    if (step == result.steps) result.comparable = value;
  }
}

void read_folds(const fs::path& run, const ScoreRule& rule, TrialResult& result) {
  const auto path = (run / "cross_validation.json").string();
  const auto folds = cross_validation_from_json(parse_json_file(path, ErrorKind::model), path);
  const auto* metric = folds.find(rule.comparable);
  if (metric == nullptr || !metric->value) {
    return fail(result,
                rule.comparable + " is " + (metric == nullptr ? "not measured" : metric->reason));
  }
  result.score = result.comparable = metric->value;
  result.epochs = folds.median_epochs();
  result.steps = folds.median_steps();
}

}  // namespace

ScoreRule score_rule(const RunConfig& config) {
  ScoreRule rule;
  const auto& metric = config.train.metric;
  const bool by_loss = !metric || *metric == "loss";
  rule.comparable = by_loss ? loss_as_metric(config.task.type) : *metric;
  rule.by_folds = config.tune.score == SearchScore::cross_validation;
  rule.name = by_loss && !rule.by_folds ? "loss" : rule.comparable;
  const auto* info = find_metric_info(rule.comparable);
  rule.higher_is_better = info != nullptr && info->higher_is_better;
  rule.of_best = config.train.weights == Weights::best;
  if (config.train.early_stopping) rule.min_delta = config.train.early_stopping->min_delta;
  return rule;
}

void read_trial_score(const fs::path& run, const ScoreRule& rule, TrialResult& result) {
  try {
    if (rule.by_folds) return read_folds(run, rule, result);
    read_validation(run, rule, result);
  } catch (const Error& error) {
    fail(result, error.what());
  }
}

}  // namespace candor
