// SPDX-License-Identifier: Apache-2.0
#include "core/config/check_train.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/config/data_parts.h"
#include "core/config/schedule_faults.h"

namespace candor {
namespace {

bool normalises_batches(const ModelConfig& model) {
  const auto* mlp = std::get_if<MlpConfig>(&model);
  return std::holds_alternative<ResNetConfig>(model) || (mlp && mlp->norm == Norm::batch);
}

class TrainingChecker {
 public:
  TrainingChecker(const RunConfig& config, Problems& problems)
      : config_(config), train_(config.train), problems_(problems) {}

  void run() {
    std::visit([&](const auto& schedule) { check_schedule(schedule); }, train_.schedule);
    if (train_.steps) {
      for (const auto& fault : schedule_faults(train_.schedule, *train_.steps)) {
        problems_.add("/train/schedule/" + fault.key, fault.what);
      }
    }
    if (const auto* muon = std::get_if<MuonConfig>(&train_.optimizer)) check_muon(*muon);
    check_loss(train_.loss);
    check_recomputing();
    for (const auto& [pattern, what] : train_.parameters) check_frozen(pattern, what);
    if (train_.init_from && train_.init_from->path.empty()) {
      problems_.add("/train/init_from/path",
                    "found \"\", expected a run directory, a model directory or a .safetensors "
                    "file");
    }
  }

 private:
  template <class Schedule>
  void check_schedule(const Schedule& schedule) {
    const Schedule usual{};
    if (schedule.warmup_steps && schedule.warmup_ratio != usual.warmup_ratio) {
      both_set("warmup_ratio", "warmup_steps");
    }
    if constexpr (requires { schedule.decay_steps; }) {
      if (schedule.decay_steps && schedule.decay_ratio != usual.decay_ratio) {
        both_set("decay_ratio", "decay_steps");
      }
      check_shares(schedule);
    }
    if constexpr (requires { schedule.milestones; }) check_milestones(schedule);
    if constexpr (requires { schedule.patience; }) check_plateau();
  }

  void both_set(const std::string& ratio, const std::string& steps) {
    problems_.add("/train/schedule/" + steps, "train.schedule." + ratio + " and train.schedule." +
                                                  steps + " are both set; keep one");
  }

  void check_shares(const WsdSchedule& schedule) {
    if (schedule.warmup_steps || schedule.decay_steps) return;
    if (schedule.warmup_ratio + schedule.decay_ratio <= 1.0) return;
    problems_.add("/train/schedule/decay_ratio",
                  "train.schedule.warmup_ratio and train.schedule.decay_ratio together are above "
                  "1; lower one");
  }

  void check_milestones(const StepSchedule& schedule) {
    const auto& milestones = schedule.milestones;
    if (!milestones.empty() && schedule.every_steps) {
      both_set("milestones", "every_steps");
    } else if (milestones.empty() && !schedule.every_steps) {
      problems_.add("/train/schedule/milestones",
                    "missing; train.schedule.type step needs train.schedule.milestones or "
                    "train.schedule.every_steps");
    }
    const auto fall = std::adjacent_find(milestones.begin(), milestones.end(),
                                         [](auto a, auto b) { return a >= b; });
    if (fall == milestones.end()) return;
    problems_.add("/train/schedule/milestones",
                  fmt::format("must ascend, but {} follows {}", *(fall + 1), *fall));
  }

  void check_plateau() {
    const bool has_validation =
        std::visit([](const auto& data) { return data.files.validation || data.split.validation; },
                   config_.data);
    const auto& validate = train_.validate;
    if (!has_validation) {
      problems_.add("/train/schedule",
                    "train.schedule.type plateau needs validation rows: set data.split.validation "
                    "or data.files.validation, or choose another schedule");
    } else if (!validate.every_steps && !validate.every_epochs) {
      problems_.add("/train/validate",
                    "train.validate.every_steps and every_epochs are both null, but "
                    "train.schedule.type is plateau; set one of them, or choose another schedule");
    }
  }

  void check_muon(const MuonConfig& muon) {
    if (muon.nesterov && muon.momentum == 0.0) {
      problems_.add("/train/optimizer/nesterov",
                    "train.optimizer.nesterov needs train.optimizer.momentum above 0; raise that, "
                    "or set nesterov to false");
    }
    const auto* mlp = std::get_if<MlpConfig>(&config_.model);
    if (mlp == nullptr || mlp->hidden.size() >= 2) return;
    problems_.add("/train/optimizer/type",
                  "train.optimizer.type muon needs a weight matrix between two hidden layers, but "
                  "model.hidden has " +
                      std::string(mlp->hidden.empty() ? "no layer" : "one layer") +
                      "; add one there, or choose adamw");
  }

  void check_recomputing() {
    if (!train_.activation_checkpointing || !std::holds_alternative<MlpConfig>(config_.model))
      return;
    problems_.add("/train/activation_checkpointing",
                  "train.activation_checkpointing belongs to model.type transformer and resnet; "
                  "remove it, and lower train.batch_size where memory is short");
  }

  // Nothing of what is frozen is updated.
  void check_frozen(const std::string& pattern, const ParameterConfig& what) {
    if (!what.freeze) return;
    const auto useless = [&](bool given, const char* key) {
      if (!given) return;
      problems_.add(
          "/train/parameters" + pointer_step(pattern) + "/" + key,
          fmt::format("train.parameters has freeze and {} for \"{}\", but what is frozen is not "
                      "updated; keep one",
                      key, pattern));
    };
    useless(what.learning_rate_factor != ParameterConfig{}.learning_rate_factor,
            "learning_rate_factor");
    useless(what.weight_decay.has_value(), "weight_decay");
  }

  void check_loss(const LossConfig& loss) {
    const auto task = config_.task.type;
    const bool classes = task == TaskType::classification;
    const auto needs = [&](bool fits, const char* key, const char* tasks) {
      if (fits) return;
      problems_.add(
          std::string("/train/loss/") + key,
          std::string("train.loss.") + key + " belongs to task.type " + tasks + "; remove it");
    };
    needs(loss.label_smoothing == 0.0 || task != TaskType::regression, "label_smoothing",
          "classification and language_model");
    needs(loss.focal_gamma == 0.0 || classes, "focal_gamma", "classification");
    needs(loss.class_weighting == ClassWeighting::none || classes, "class_weighting",
          "classification");
    needs(loss.class_weights.empty() || classes, "class_weights", "classification");
    if (loss.class_weighting != ClassWeighting::none && !loss.class_weights.empty()) {
      problems_.add("/train/loss/class_weights",
                    "train.loss.class_weighting and train.loss.class_weights are both set; keep "
                    "one");
    }
    for (const auto& [name, weight] : loss.class_weights) {
      if (weight >= 0.0 && weight <= 1e9) continue;
      problems_.add("/train/loss/class_weights" + pointer_step(name),
                    fmt::format("found {}, expected a number from 0 to 1e9", weight));
    }
  }

  const RunConfig& config_;
  const TrainConfig& train_;
  Problems& problems_;
};

}  // namespace

void check_training(const RunConfig& config, Problems& problems) {
  TrainingChecker(config, problems).run();
}

std::vector<std::string> config_warnings(const RunConfig& config) {
  std::vector<std::string> lines;
  const auto& train = config.train;
  if (train.accumulate > 1 && normalises_batches(config.model)) {
    const bool mlp = std::holds_alternative<MlpConfig>(config.model);
    lines.push_back(fmt::format(
        "train.accumulate {} with batch normalisation: each batch of {} rows is normalised by "
        "itself, so an update is not that of one batch of {}; {}raise train.batch_size instead",
        train.accumulate, train.batch_size, train.accumulate * train.batch_size,
        mlp ? "set model.norm to layer, or " : ""));
  }
  if (config.evaluate.priors) {
    lines.emplace_back(
        "evaluate.priors counts for candor eval alone: the report and the gates of training are "
        "about what is served");
  }
  if (const auto& fairness = train.fairness) {
    const auto& groups = data_groups(config);
    if (std::find(groups.begin(), groups.end(), fairness->group) == groups.end()) {
      lines.push_back(fmt::format(
          "train.fairness.group '{}' is not among data.groups, so that neither validations nor the "
          "report show what it does; add it there",
          fairness->group));
    }
  }
  if (!config.search.empty()) {
    lines.emplace_back(
        "search counts for candor tune alone: this trains the config as it stands beside it");
  }
  return lines;
}

}  // namespace candor
