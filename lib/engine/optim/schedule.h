// SPDX-License-Identifier: Apache-2.0
// Learning rates as pure functions of the step.
#pragma once

#include <cstdint>

#include <candor/config.h>

namespace candor {

// The rate of update number `step` (0-based) of `total`, as a factor of the optimizer's
// learning_rate, from 0 to 1.
//
// Warm-up of w = warmup_steps, or ceil(warmup_ratio * total), updates: (step + 1) / w. Then
//   constant   1
//   linear     a line from 1 to final_ratio, reached at the last update
//   cosine     half a cosine from 1 to final_ratio, reached at the last update
//   one_cycle  half a cosine up from initial_ratio, so that update w has 1 (instead of the line
//              above); then half a cosine down to final_ratio, reached at the last update
//   wsd        1, and over the last d = decay_steps, or ceil(decay_ratio * total), updates down to
//              final_ratio, reached at the last one: of t = 1/d ... 1 a line, half a cosine or
//              1 - sqrt(t)
//   step       factor^n, n: milestones, or multiples of every_steps, that are at most `step`
//   plateau    max(final_ratio, factor^reductions)
// `reductions` is plateau's state: how often validation got no better for long enough.
double schedule_factor(const ScheduleConfig& schedule, std::int64_t step, std::int64_t total,
                       std::int64_t reductions = 0);

double base_learning_rate(const OptimizerConfig& optimizer);

}  // namespace candor
