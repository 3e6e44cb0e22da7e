// SPDX-License-Identifier: Apache-2.0
// Optimizers, schedules and the loop. A part of config.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <candor/config/evaluate.h>

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

// The sign of an interpolated momentum (Chen et al. 2023, algorithm 2).
struct LionConfig {
  static constexpr const char* kType = "lion";
  double learning_rate = 0.0001;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0.1;  // decoupled; no biases, no norms
};

// Momentum whose matrices are made orthogonal (Jordan et al. 2024) for hidden weight matrices, and
// AdamW for the rest: embeddings, heads, biases, norms.
struct MuonConfig {
  static constexpr const char* kType = "muon";
  double learning_rate = 0.02;  // of the matrices
  double momentum = 0.95;
  bool nesterov = true;
  std::int64_t iterations = 5;  // of the Newton-Schulz iteration
  double weight_decay = 0.0;    // decoupled; of the matrices
  AdamWConfig adamw;            // the rest
};

using OptimizerConfig = std::variant<SgdConfig, AdamConfig, AdamWConfig, LionConfig, MuonConfig>;

// What differs for some parameters.
struct ParameterConfig {
  double learning_rate_factor = 1.0;   // of the optimizer's rate
  std::optional<double> weight_decay;  // instead of the optimizer's; also on biases and norms
  bool freeze = false;                 // stays as it is
};

// Every schedule begins with a warm-up: warmup_ratio is the share of all steps in which the rate
// rises linearly from 0, warmup_steps their number, which excludes warmup_ratio.
struct ConstantSchedule {
  static constexpr const char* kType = "constant";
  double warmup_ratio = 0.0;
  std::optional<std::int64_t> warmup_steps;
};

struct LinearSchedule {
  static constexpr const char* kType = "linear";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;  // rate at the last step / highest rate
  std::optional<std::int64_t> warmup_steps;
};

struct CosineSchedule {
  static constexpr const char* kType = "cosine";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;
  std::optional<std::int64_t> warmup_steps;
};

// Half a cosine up, half a cosine down (Smith & Topin 2018, with the annealing of fast.ai).
struct OneCycleSchedule {
  static constexpr const char* kType = "one_cycle";
  double warmup_ratio = 0.3;
  double initial_ratio = 0.04;  // rate at the first step / highest rate
  double final_ratio = 4e-6;
  std::optional<std::int64_t> warmup_steps;
};

enum class DecayShape { linear, cosine, square_root };

// Warm-up, stable, decay (Hu et al. 2024, section 4.2).
struct WsdSchedule {
  static constexpr const char* kType = "wsd";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;
  double decay_ratio = 0.2;  // share of all steps in which the rate falls; excludes decay_steps
  DecayShape decay = DecayShape::linear;  // square_root: 1 - sqrt(t)
  std::optional<std::int64_t> warmup_steps;
  std::optional<std::int64_t> decay_steps;
};

// The rate times `factor` after each of `milestones`, or every `every_steps`.
struct StepSchedule {
  static constexpr const char* kType = "step";
  double warmup_ratio = 0.0;
  double factor = 0.1;
  std::vector<std::int64_t> milestones;     // updates done, ascending; excludes every_steps
  std::optional<std::int64_t> every_steps;  // updates
  std::optional<std::int64_t> warmup_steps;
};

// The rate times `factor` after `patience` validations without a better score.
struct PlateauSchedule {
  static constexpr const char* kType = "plateau";
  double warmup_ratio = 0.0;
  double factor = 0.5;
  std::int64_t patience = 2;
  double min_delta = 0.0;    // how much better counts as better
  double final_ratio = 0.0;  // lowest rate / highest rate
  std::optional<std::int64_t> warmup_steps;
};

using ScheduleConfig = std::variant<ConstantSchedule, LinearSchedule, CosineSchedule,
                                    OneCycleSchedule, WsdSchedule, StepSchedule, PlateauSchedule>;

// Terms of the loss: l1 * sum|theta| + l2 / 2 * sum theta^2 over weights (no biases, no norms).
struct RegularizationConfig {
  double l1 = 0.0;
  double l2 = 0.0;
};

enum class ClassWeighting { none, balanced };

// Classification, and the language model's label_smoothing.
struct LossConfig {
  double label_smoothing = 0.0;  // share of the target spread over all classes
  double focal_gamma = 0.0;      // times (1 - p)^gamma (Lin et al. 2017); 0: cross-entropy
  // balanced: n / (classes * rows of the class) of the training rows.
  ClassWeighting class_weighting = ClassWeighting::none;
  std::map<std::string, double> class_weights;  // class -> weight; others have 1
};

enum class FairnessMethod { reweighing, group_dro, exponentiated_gradient };

// Training for groups of rows; tables.
struct FairnessConfig {
  // reweighing: a row counts n_group n_class / (n n_group_class), so that class and group are
  //   independent (Kamiran and Calders 2012)
  // group_dro: the groups of higher loss count more, by exponentiated gradient (Sagawa et al. 2020)
  // exponentiated_gradient: multipliers of a constraint between groups (Agarwal et al. 2018)
  FairnessMethod method = FairnessMethod::reweighing;
  std::string group;                                                 // column; required
  GroupConstraint constraint = GroupConstraint::demographic_parity;  // exponentiated_gradient
  double max_difference = 0.02;  // exponentiated_gradient: allowed between groups
  double step = 0.01;            // group_dro, exponentiated_gradient: of the groups' weights
  double size_adjustment = 0.0;  // group_dro: C of C / sqrt(rows of the group), added to its loss
};

// Exponential moving average of the weights, which is what is validated and what becomes the model.
struct EmaConfig {
  double decay = 0.999;  // per update
  bool warmup = true;    // decay of update n is at most (1 + n) / (10 + n)
};

// Weights to begin with instead of random ones.
struct InitFromConfig {
  std::string path;                   // a run directory, a model directory, or a .safetensors file
  std::vector<std::string> new_ones;  // patterns of parameters that begin at random all the same
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
  std::optional<double> every_seconds;      // besides
  std::int64_t keep = 1;                    // newest ones kept, besides the best
};

// Of the products of activations and weights, and of convolutions, while training; their sums, the
// weights, everything else and all evaluation are float32.
enum class Precision {
  float32,
  bfloat16,   // operands are rounded to bfloat16 (Kalamkar et al. 2019)
  automatic,  // bfloat16 where it is faster on this processor
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
  // Pattern of names ('*' stands for any characters) -> what differs; the longest that fits counts.
  std::map<std::string, ParameterConfig> parameters;
  ScheduleConfig schedule = CosineSchedule{};
  RegularizationConfig regularization;
  LossConfig loss;
  std::optional<double> clip_norm;   // longest allowed global gradient norm
  std::optional<double> clip_value;  // largest allowed absolute value of a gradient's element
  std::optional<EmaConfig> ema;
  std::optional<InitFromConfig> init_from;
  std::optional<FairnessConfig> fairness;
  bool activation_checkpointing = false;  // less memory, a third more time
  Precision precision = Precision::float32;
  ValidateConfig validate;
  std::optional<std::string> metric;  // what "best" means; empty: validation loss
  std::optional<EarlyStoppingConfig> early_stopping;
  CheckpointConfig checkpoint;
  Weights weights = Weights::best;  // which weights become the model
  std::int64_t log_every = 50;      // steps between two rows of metrics.jsonl
};

}  // namespace candor
