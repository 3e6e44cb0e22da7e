// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace candor {
namespace {

// A place in a run.
struct Place {
  std::int64_t step, warm_up, total, reductions;
};

std::int64_t count_of(const std::optional<std::int64_t>& steps, double ratio, std::int64_t total) {
  if (steps) return *steps;
  return static_cast<std::int64_t>(std::ceil(ratio * static_cast<double>(total)));
}

// 0 at step `first`, 1 at step `last`; 0 before, and where both are the same.
double progress(std::int64_t step, std::int64_t first, std::int64_t last) {
  const auto steps = std::max<std::int64_t>(1, last - first);
  return std::clamp(static_cast<double>(step - first) / static_cast<double>(steps), 0.0, 1.0);
}

// Half a cosine from `start` at t = 0 to `end` at t = 1.
double half_cosine(double start, double end, double t) {
  return end + (start - end) * 0.5 * (1.0 + std::cos(std::numbers::pi * t));
}

double line(double start, double end, double t) { return start + (end - start) * t; }

double warm_up(const auto&, const Place& p) {
  return static_cast<double>(p.step + 1) / static_cast<double>(p.warm_up);
}
double warm_up(const OneCycleSchedule& s, const Place& p) {
  if (p.warm_up == 1) return 1.0;
  return half_cosine(s.initial_ratio, 1.0, progress(p.step, 0, p.warm_up - 1));
}

double after(const ConstantSchedule&, const Place&) { return 1.0; }

double after(const LinearSchedule& s, const Place& p) {
  return line(1.0, s.final_ratio, progress(p.step, p.warm_up, p.total - 1));
}

double after(const CosineSchedule& s, const Place& p) {
  return half_cosine(1.0, s.final_ratio, progress(p.step, p.warm_up, p.total - 1));
}

// The peak is the last update of the rise, which is where the fall begins.
double after(const OneCycleSchedule& s, const Place& p) {
  const auto peak = std::max<std::int64_t>(0, p.warm_up - 1);
  return half_cosine(1.0, s.final_ratio, progress(p.step, peak, p.total - 1));
}

double after(const WsdSchedule& s, const Place& p) {
  const auto decay = count_of(s.decay_steps, s.decay_ratio, p.total);
  const auto first = p.total - decay;
  if (p.step < first || decay == 0) return 1.0;
  const auto t =
      std::min(1.0, static_cast<double>(p.step - first + 1) / static_cast<double>(decay));
  switch (s.decay) {
    case DecayShape::linear: return line(1.0, s.final_ratio, t);
    case DecayShape::cosine: return half_cosine(1.0, s.final_ratio, t);
    case DecayShape::square_root: return line(1.0, s.final_ratio, std::sqrt(t));
  }
  return 1.0;
}

double after(const StepSchedule& s, const Place& p) {
  auto falls = s.every_steps ? p.step / *s.every_steps : 0;
  for (const auto milestone : s.milestones) falls += milestone <= p.step ? 1 : 0;
  return std::pow(s.factor, static_cast<double>(falls));
}

double after(const PlateauSchedule& s, const Place& p) {
  return std::max(s.final_ratio, std::pow(s.factor, static_cast<double>(p.reductions)));
}

}  // namespace

double schedule_factor(const ScheduleConfig& schedule, std::int64_t step, std::int64_t total,
                       std::int64_t reductions) {
  return std::visit(
      [&](const auto& s) {
        const Place place{step, count_of(s.warmup_steps, s.warmup_ratio, total), total, reductions};
        return step < place.warm_up ? warm_up(s, place) : after(s, place);
      },
      schedule);
}

double base_learning_rate(const OptimizerConfig& optimizer) {
  return std::visit([](const auto& o) { return o.learning_rate; }, optimizer);
}

}  // namespace candor
