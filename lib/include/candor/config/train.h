// SPDX-License-Identifier: Apache-2.0
// Optimizers, schedules and the loop. A part of config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace candor {

struct SgdConfig {
  static constexpr const char* kType = "sgd";
  double learning_rate = 0.1;
  double momentum = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;  // decoupled: theta -= lr * weight_decay * theta; no biases, no norms
};

struct AdamConfig {
  static constexpr const char* kType = "adam";
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

struct AdamWConfig {
  static constexpr const char* kType = "adamw";
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;  // decoupled; no biases, no norms
};

using OptimizerConfig = std::variant<SgdConfig, AdamConfig, AdamWConfig>;

struct ConstantSchedule {
  static constexpr const char* kType = "constant";
  double warmup_ratio = 0.0;  // share of all steps in which the rate rises linearly from 0
};

struct LinearSchedule {
  static constexpr const char* kType = "linear";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;  // rate at the last step / highest rate
};

struct CosineSchedule {
  static constexpr const char* kType = "cosine";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;
};

using ScheduleConfig = std::variant<ConstantSchedule, LinearSchedule, CosineSchedule>;

// Terms of the loss: l1 * sum|theta| + l2 / 2 * sum theta^2 over weights (no biases, no norms).
struct RegularizationConfig {
  double l1 = 0.0;
  double l2 = 0.0;
};

struct ValidateConfig {
  std::optional<std::int64_t> every_steps;       // excludes every_epochs
  std::optional<std::int64_t> every_epochs = 1;  // when every_steps is empty
};

struct EarlyStoppingConfig {
  std::int64_t patience = 5;  // validations without a better score before training ends
  double min_delta = 0.0;     // how much better counts as better
};

struct CheckpointConfig {
  std::optional<std::int64_t> every_steps;  // empty: after every validation
  std::int64_t keep = 1;                    // newest ones kept, besides the best
};

enum class Weights { best, last };

enum class SamplingBy { uniform, by_class, weight, group };

struct SamplingConfig {
  // uniform: every row once an epoch. Otherwise as many draws with replacement as there are rows:
  // by_class and group: every class, or value of `column`, equally often; weight: in proportion to
  // the number in `column`.
  SamplingBy by = SamplingBy::uniform;
  std::optional<std::string> column;  // tables; for weight and group
};

struct TrainConfig {
  std::optional<std::int64_t> epochs;  // one of epochs and steps
  std::optional<std::int64_t> steps;   // optimizer updates
  std::int64_t batch_size = 64;  // rows (or windows of text) of one update and accumulation part
  std::int64_t accumulate = 1;   // batches whose gradients make one update
  SamplingConfig sampling;
  std::optional<std::int64_t>
      loader_threads;  // empty: candor chooses; 0: batches are made when due
  OptimizerConfig optimizer = AdamWConfig{};
  ScheduleConfig schedule = CosineSchedule{};
  RegularizationConfig regularization;
  std::optional<double> clip_norm;  // longest allowed global gradient norm
  ValidateConfig validate;
  std::optional<std::string> metric;  // what "best" means; empty: validation loss
  std::optional<EarlyStoppingConfig> early_stopping;
  CheckpointConfig checkpoint;
  Weights weights = Weights::best;  // which weights become the model
  std::int64_t log_every = 50;      // steps between two rows of metrics.jsonl
};

}  // namespace candor
