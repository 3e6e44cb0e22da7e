// SPDX-License-Identifier: Apache-2.0
// One optimizer update.
#pragma once

#include <cstdint>
#include <vector>

#include <candor/config.h>

#include "core/schema/signature.h"
#include "engine/data/loader.h"
#include "engine/nn/products.h"
#include "engine/nn/working_weights.h"
#include "engine/optim/optimizer.h"
#include "engine/optim/weight_average.h"
#include "engine/preprocess/network.h"
#include "engine/train/group_weights.h"
#include "engine/train/loss.h"

namespace candor {

struct StepResult {
  double loss = 0.0;            // of the data, mean over the parts, without regularisation
  double regularisation = 0.0;  // value of the l1 and l2 terms
  double gradient_norm = 0.0;   // before clipping
  double learning_rate = 0.0;
  std::int64_t items = 0;  // rows, or tokens of text
  double seconds = 0.0;    // wall time of the update, the wait for its batches among it
  // Loss or gradient was not finite: no update was made. `rows` are those of the batches at fault,
  // numbers in the training part.
  bool skipped = false;
  const char* fault = "";  // "loss" or "gradient"
  std::vector<std::int64_t> rows;
};

// What one update needs, for the whole run.
struct StepContext {
  const RunConfig& config;
  OutputKind kind;
  at::Device device;
  std::int64_t total_steps;
  Network& network;
  Optimizer& optimizer;
  Loader& loader;
  LossOptions loss = {};
  WeightAverage* average = nullptr;  // null: none
  ProductKind products = ProductKind::mkl;
  WorkingWeights* working = nullptr;  // with bfloat16: of the optimizer's groups
  GroupWeights* groups = nullptr;     // of train.fairness; null: none
  std::int64_t reductions = 0;        // of PlateauSchedule, so far
  std::int64_t batch_offset = 0;      // batches that were left out before this step
};

// Update number `step` (0-based): `accumulate` batches forward and backward, regularisation,
// clipping, update, average. A pure function of the parameters, the optimizer's state, `step` and
// the context. When the loss or the gradient is not finite, weights, running statistics, average
// and the optimizer stay as they were, and the result says so.
StepResult train_step(StepContext& context, std::int64_t step);

}  // namespace candor
