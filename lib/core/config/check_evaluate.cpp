// SPDX-License-Identifier: Apache-2.0
#include "core/config/check_evaluate.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/config/check_search.h"
#include "core/config/data_parts.h"
#include "core/config/gate_names.h"
#include "core/config/metric_list.h"

namespace candor {
namespace {

// What a threshold of two classes can be best for.
const std::vector<std::string> kThresholdMetrics = {"f1", "balanced_accuracy", "accuracy", "mcc"};

bool asks_for_calibration(const CalibrationConfig& calibration) {
  return calibration.method != CalibrationMethod::none || calibration.conformal ||
         calibration.abstain || calibration.group_thresholds;
}

// Apart from sets that the folds of a cross-validation give.
bool needs_calibration(const RunConfig& config) {
  auto calibration = config.calibration;
  if (sets_from_folds(config)) calibration.conformal.reset();
  return asks_for_calibration(calibration);
}

class EvaluationChecker {
 public:
  EvaluationChecker(const RunConfig& config, Problems& problems)
      : config_(config), problems_(problems) {}

  void run() {
    if (config_.task.threshold) check_threshold(*config_.task.threshold);
    check_calibration();
    if (config_.evaluate.priors) check_priors(*config_.evaluate.priors);
    check_groups();
    check_decision_gates();
    if (config_.train.fairness) check_fairness(*config_.train.fairness);
    if (config_.cross_validation) check_cross_validation();
  }

 private:
  bool classifies() const { return config_.task.type == TaskType::classification; }
  const SplitConfig& split() const { return data_split(config_); }
  const std::vector<std::string>& groups() const { return data_groups(config_); }

  void require_calibration_rows(const std::string& pointer, const std::string& name) {
    if (split().calibration) return;
    problems_.add(pointer, name +
                               " is found on rows that are kept for it; set "
                               "data.split.calibration, for example to 0.1");
  }

  void require_group(const std::string& pointer, const std::string& group) {
    const auto& known = groups();
    if (std::find(known.begin(), known.end(), group) != known.end()) return;
    problems_.add(pointer,
                  "'" + group + "' is not in data.groups; add it there" + hint(group, known));
  }

  void check_threshold(const ThresholdConfig& threshold) {
    const std::string at = "/task/threshold";
    if (!classifies()) {
      problems_.add(at, "task.threshold belongs to task.type classification; remove it");
      return;
    }
    const int given = int{threshold.value.has_value()} + int{threshold.maximize.has_value()} +
                      int{threshold.recall.has_value()} + int{threshold.precision.has_value()};
    if (given != 1) {
      problems_.add(at, "needs one of value, maximize, recall and precision");
      return;
    }
    if (threshold.maximize) {
      const auto& name = *threshold.maximize;
      const auto& known = kThresholdMetrics;
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        problems_.add(at + "/maximize",
                      "no threshold is chosen by that" + hint_and_list(name, known));
      }
    }
    if (!threshold.value) require_calibration_rows(at, "this threshold");
  }

  void check_calibration() {
    const auto& calibration = config_.calibration;
    const bool language = config_.task.type == TaskType::language_model;
    const bool asked = asks_for_calibration(calibration);
    if (language && (asked || split().calibration)) {
      problems_.add(asked ? "/calibration" : "/data/split/calibration",
                    "belongs to classification and regression; remove it");
      return;
    }
    if (needs_calibration(config_)) require_calibration_rows("/calibration", "calibration");
    if (!classifies() && calibration.method != CalibrationMethod::none) {
      problems_.add("/calibration/method",
                    "calibration.method is about probabilities, which task.type regression does "
                    "not have; set it to \"none\"");
    }
    if (calibration.conformal) check_conformal(*calibration.conformal);
    if (calibration.abstain) check_abstain(*calibration.abstain);
    if (calibration.group_thresholds) check_group_thresholds(*calibration.group_thresholds);
    if (split().calibration && !asks_for_calibration_rows(config_)) {
      problems_.add("/data/split/calibration",
                    "keeps rows for calibration and task.threshold, but neither asks for them; set "
                    "one of them, or remove this");
    }
  }

  void check_conformal(const ConformalConfig& conformal) {
    if (conformal.group) require_group("/calibration/conformal/group", *conformal.group);
    if (!classifies() && conformal.method != SetMethod::lac) {
      problems_.add("/calibration/conformal/method",
                    "calibration.conformal.method is about sets of classes, and task.type "
                    "regression has intervals; remove it");
    }
  }

  void check_abstain(const AbstainConfig& abstain) {
    if (!classifies()) {
      problems_.add("/calibration/abstain",
                    "calibration.abstain belongs to task.type classification; remove it");
    } else if (abstain.accuracy.has_value() == abstain.coverage.has_value()) {
      problems_.add("/calibration/abstain", "needs one of accuracy and coverage");
    }
  }

  void check_group_thresholds(const GroupThresholdsConfig& thresholds) {
    const std::string at = "/calibration/group_thresholds";
    if (!classifies()) {
      problems_.add(at,
                    "calibration.group_thresholds belongs to task.type classification; remove it");
      return;
    }
    require_group(at + "/group", thresholds.group);
    if (config_.task.threshold) {
      problems_.add(at,
                    "calibration.group_thresholds and task.threshold both set the threshold; "
                    "remove one of them");
    }
  }

  void check_priors(const PriorsConfig& priors) {
    const std::string at = "/evaluate/priors";
    if (!classifies()) {
      problems_.add(at, "evaluate.priors belongs to task.type classification; set it to null");
      return;
    }
    double sum = 0.0;
    for (const auto& [label, share] : priors.given) {
      if (!(share > 0.0 && share < 1.0)) {
        problems_.add(at + "/given" + pointer_step(label),
                      fmt::format("found {}, expected a share between 0 and 1", share));
        return;
      }
      sum += share;
    }
    if (!priors.given.empty() && std::abs(sum - 1.0) > 1e-6) {
      problems_.add(at + "/given", fmt::format("the shares add up to {:.6g}, expected 1", sum));
    }
  }

  void check_groups() {
    if (const auto* text = std::get_if<TextData>(&config_.data)) {
      if (!text->groups.empty() && text->documents != DocumentUnit::json_lines) {
        problems_.add("/data/groups",
                      "data.groups are fields of JSON objects; set data.documents to "
                      "\"json_lines\", or remove it");
      }
      if (std::find(text->groups.begin(), text->groups.end(), text->field) != text->groups.end()) {
        problems_.add("/data/groups",
                      "'" + text->field +
                          "' is data.field, the text itself, which would be told in "
                          "reports; name other fields");
      }
    }
    std::vector<std::string> seen;
    for (const auto& group : groups()) {
      if (std::find(seen.begin(), seen.end(), group) != seen.end()) {
        problems_.add("/data/groups", "names '" + group + "' twice");
      }
      seen.push_back(group);
    }
  }

  // What has no value without a rule that gives it.
  void check_decision_gates() {
    for (const auto& [name, gate] : config_.evaluate.gates) {
      const auto metric = parse_gate_name(name, groups()).metric;
      const auto* info = find_decision_metric_info(metric);
      if (info == nullptr || info->task != config_.task.type) continue;
      const bool of_answers = metric == "answered" || metric == "accuracy_answered";
      const auto& calibration = config_.calibration;
      if (of_answers ? calibration.abstain.has_value() : calibration.conformal.has_value())
        continue;
      problems_.add("/evaluate/gates" + pointer_step(name),
                    metric + " needs a model that was trained with calibration." +
                        (of_answers ? "abstain" : "conformal") +
                        " and its calibration rows; set them and train, or remove this gate");
    }
  }

  void check_fairness(const FairnessConfig& fairness) {
    const std::string at = "/train/fairness";
    if (!std::holds_alternative<TableData>(config_.data)) {
      problems_.add(at, "train.fairness needs data.type table; remove it");
    }
    if (fairness.group == config_.task.target) {
      problems_.add(at + "/group", "'" + fairness.group +
                                       "' is task.target: groups are of another column; name one");
    }
    const FairnessConfig usual;
    const auto belongs = [&](const char* key, bool changed, bool used, const char* to) {
      if (!changed || used) return;
      problems_.add(at + "/" + key, std::string("belongs to method ") + to + "; remove it");
    };
    const bool constrains = fairness.method == FairnessMethod::exponentiated_gradient;
    const bool dro = fairness.method == FairnessMethod::group_dro;
    belongs("constraint", fairness.constraint != usual.constraint, constrains,
            "exponentiated_gradient");
    belongs("max_difference", fairness.max_difference != usual.max_difference, constrains,
            "exponentiated_gradient");
    belongs("step", fairness.step != usual.step, constrains || dro,
            "group_dro and exponentiated_gradient");
    belongs("size_adjustment", fairness.size_adjustment != usual.size_adjustment, dro, "group_dro");
    if (fairness.method != FairnessMethod::group_dro && !classifies()) {
      problems_.add(at + "/method",
                    "reweighing and exponentiated_gradient belong to task.type classification; "
                    "set group_dro, or remove train.fairness");
    }
    if (fairness.method == FairnessMethod::exponentiated_gradient && fairness.step > kLargestStep) {
      problems_.add(at + "/step",
                    fmt::format("found {}, expected at most {} with exponentiated_gradient, whose "
                                "multipliers move at every update; lower it",
                                fairness.step, kLargestStep));
    }
  }

  // Beyond it the multipliers overshoot, and groups are favoured by turns.
  static constexpr double kLargestStep = 0.1;

  void check_cross_validation() {
    if (config_.task.type == TaskType::language_model) {
      problems_.add(
          "/cross_validation",
          "cross_validation needs rows, which task.type language_model does not have; set "
          "it to null");
    }
  }

  const RunConfig& config_;
  Problems& problems_;
};

}  // namespace

bool sets_from_folds(const RunConfig& config) {
  return config.calibration.conformal && config.cross_validation && !data_split(config).calibration;
}

bool asks_for_calibration_rows(const RunConfig& config) {
  const auto& threshold = config.task.threshold;
  return needs_calibration(config) || (threshold && !threshold->value);
}

void check_evaluation(const RunConfig& config, Problems& problems) {
  EvaluationChecker(config, problems).run();
  check_search(config, problems);
}

void check_sliding(const RunConfig& config, Problems& problems) {
  const auto& stride = config.evaluate.sliding_stride;
  const std::string at = "/evaluate/sliding_stride";
  const auto is_sliding = [](const std::string& name) {
    const auto* info = find_metric_info(name);
    return info != nullptr && info->sliding;
  };
  if (config.task.type != TaskType::language_model) {
    if (!stride) return;
    return problems.add(
        at, "evaluate.sliding_stride belongs to task.type language_model; set it to null");
  }
  const auto* model = std::get_if<TransformerConfig>(&config.model);
  if (stride && model != nullptr && *stride > model->context) {
    problems.add(at, fmt::format("found {}, expected at most model.context, {}, which is how long "
                                 "a window is; lower it",
                                 *stride, model->context));
  }
  for (const auto& [name, gate] : config.evaluate.gates) {
    if (stride || !is_sliding(name)) continue;
    problems.add("/evaluate/gates" + pointer_step(name),
                 name + " needs evaluate.sliding_stride, for example half of model.context");
  }
  const auto& metric = config.train.metric;
  if (metric && is_sliding(*metric)) {
    problems.add("/train/metric",
                 *metric +
                     " is measured in reports alone, not in validations; set it to "
                     "\"cross_entropy\"");
  }
}

}  // namespace candor
