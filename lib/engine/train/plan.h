// SPDX-License-Identifier: Apache-2.0
// When things happen in a run: pure functions of the config and the number of batches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <candor/config.h>
#include <candor/error.h>

#include "core/base/counted.h"
#include "core/config/schedule_faults.h"

namespace candor {

inline constexpr std::int64_t kFewestSteps = 100;  // between two checkpoints, unless asked for

struct TrainPlan {
  std::int64_t steps_per_epoch = 1;
  std::int64_t total_steps = 1;
  std::int64_t validate_every = 0;    // steps; 0: never
  std::int64_t checkpoint_every = 0;  // steps; 0: with every validation

  bool validates_after(std::int64_t step) const {
    return validate_every > 0 && (step % validate_every == 0 || step == total_steps);
  }
  bool checkpoints_after(std::int64_t step) const {
    if (step == total_steps) return true;
    return checkpoint_every > 0 ? step % checkpoint_every == 0 : validates_after(step);
  }
  // How often something happens behind `step` that comes every so many steps, and at the end.
  std::int64_t times_after(std::int64_t step, std::int64_t every) const {
    if (every == 0 || step >= total_steps) return 0;
    return (total_steps + every - 1) / every - step / every;
  }
};

// Throws Error{config} when not even one batch fits into the training rows, or windows of text.
inline void require_batch(const TrainConfig& config, std::int64_t rows) {
  if (config.batch_size <= rows) return;
  throw Error(ErrorKind::config, "train.batch_size " + std::to_string(config.batch_size) +
                                     " is more than the data has for training, " +
                                     std::to_string(rows) + "; set it to " + std::to_string(rows) +
                                     " or less");
}

// `step` in the members counts updates done, from 1.
inline TrainPlan make_plan(const TrainConfig& config, std::int64_t batches_per_epoch,
                           bool has_validation) {
  TrainPlan plan;
  plan.steps_per_epoch = std::max<std::int64_t>(1, batches_per_epoch / config.accumulate);
  plan.total_steps =
      config.steps ? *config.steps : config.epochs.value_or(1) * plan.steps_per_epoch;
  require_schedule_fits(config.schedule, plan.total_steps);
  if (has_validation) {
    plan.validate_every = config.validate.every_steps
                              ? *config.validate.every_steps
                              : config.validate.every_epochs.value_or(0) * plan.steps_per_epoch;
  }
  // Where nothing validates, an epoch is the unit, but not a handful of steps.
  const auto usual =
      plan.validate_every > 0 ? 0 : std::max<std::int64_t>(kFewestSteps, plan.steps_per_epoch);
  plan.checkpoint_every = config.checkpoint.every_steps.value_or(usual);
  return plan;
}

// Lines about what cannot happen within the run.
inline std::vector<std::string> plan_warnings(const TrainConfig& config, const TrainPlan& plan) {
  std::vector<std::string> lines;
  const auto validations = plan.times_after(0, plan.validate_every);
  if (plan.validate_every > plan.total_steps) {
    lines.push_back("train.validate: the first validation would come after step " +
                    std::to_string(plan.validate_every) + ", but the run has " +
                    counted(plan.total_steps, "step") +
                    ": it validates at its end alone; validate more often, or train longer");
  }
  const auto& stopping = config.early_stopping;
  if (stopping && validations > 0 && stopping->patience >= validations) {
    lines.push_back("train.early_stopping.patience " + std::to_string(stopping->patience) +
                    ": the run has " + counted(validations, "validation") +
                    ", so that it cannot stop early; lower the patience, or validate more often");
  }
  return lines;
}

}  // namespace candor
