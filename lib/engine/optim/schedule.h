// SPDX-License-Identifier: Apache-2.0
// Learning rates as pure functions of the step.
#pragma once

#include <cstdint>

#include <candor/config.h>

namespace candor {

// The rate of update number `step` (0-based) of `total`, as a factor of the optimizer's
// learning_rate. Warm-up: (step + 1) / warm_up over the first warm_up = ceil(warmup_ratio * total)
// steps; then 1, a line, or half a cosine from 1 down to final_ratio, reached at the last step.
double schedule_factor(const ScheduleConfig& schedule, std::int64_t step, std::int64_t total);

double base_learning_rate(const OptimizerConfig& optimizer);

}  // namespace candor
