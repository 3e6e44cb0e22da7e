// SPDX-License-Identifier: Apache-2.0
// One optimizer update.
#pragma once

#include <cstdint>

#include <candor/config.h>

#include "core/schema/signature.h"
#include "engine/data/loader.h"
#include "engine/optim/optimizer.h"
#include "engine/preprocess/network.h"

namespace candor {

struct StepResult {
  double loss = 0.0;            // of the data, mean over the parts, without regularisation
  double regularisation = 0.0;  // value of the l1 and l2 terms
  double gradient_norm = 0.0;   // before clipping
  double learning_rate = 0.0;
  std::int64_t items = 0;  // rows, or tokens of text
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
};

// Update number `step` (0-based): `accumulate` batches forward and backward, regularisation,
// clipping, update. A pure function of the parameters, the optimizer's state and `step`. Throws
// Error{diverged} before the update when the loss or the gradient is not finite: weights stay as
// they were.
StepResult train_step(StepContext& context, std::int64_t step);

}  // namespace candor
