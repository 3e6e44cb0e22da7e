// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace candor {
namespace {

// 0 at the first step after the warm-up, 1 at the last step.
double progress(std::int64_t step, std::int64_t warm_up, std::int64_t total) {
  const auto steps = std::max<std::int64_t>(1, total - 1 - warm_up);
  return std::clamp(static_cast<double>(step - warm_up) / static_cast<double>(steps), 0.0, 1.0);
}

double decay(const ConstantSchedule&, double) { return 1.0; }
double decay(const LinearSchedule& s, double t) { return 1.0 - (1.0 - s.final_ratio) * t; }
double decay(const CosineSchedule& s, double t) {
  return s.final_ratio + (1.0 - s.final_ratio) * 0.5 * (1.0 + std::cos(std::numbers::pi * t));
}

}  // namespace

double schedule_factor(const ScheduleConfig& schedule, std::int64_t step, std::int64_t total) {
  return std::visit(
      [&](const auto& s) {
        const auto warm_up =
            static_cast<std::int64_t>(std::ceil(s.warmup_ratio * static_cast<double>(total)));
        if (step < warm_up) return static_cast<double>(step + 1) / static_cast<double>(warm_up);
        return decay(s, progress(step, warm_up, total));
      },
      schedule);
}

double base_learning_rate(const OptimizerConfig& optimizer) {
  return std::visit([](const auto& o) { return o.learning_rate; }, optimizer);
}

}  // namespace candor
