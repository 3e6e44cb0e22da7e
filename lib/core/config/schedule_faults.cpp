// SPDX-License-Identifier: Apache-2.0
#include "core/config/schedule_faults.h"

#include <fmt/format.h>

#include <cmath>
#include <type_traits>

#include <candor/error.h>

#include "core/base/nearest.h"

namespace candor {
namespace {

class ScheduleChecker {
 public:
  explicit ScheduleChecker(std::int64_t total) : total_(total) {}

  std::vector<ScheduleFault> faults;

  template <class Schedule>
  void operator()(const Schedule& schedule) {
    check_warm_up(schedule.warmup_steps);
    if constexpr (std::is_same_v<Schedule, OneCycleSchedule>) check_fall(schedule);
    if constexpr (requires { schedule.decay_steps; }) check_decay(schedule);
    if constexpr (requires { schedule.milestones; }) check_milestones(schedule.milestones);
  }

 private:
  std::string run() const { return "the run's " + std::to_string(total_) + " steps"; }

  void add(const char* key, const std::string& what) { faults.push_back({key, what}); }

  void check_warm_up(const std::optional<std::int64_t>& steps) {
    if (!steps || *steps <= total_) return;
    add("warmup_steps", "train.schedule.warmup_steps " + std::to_string(*steps) + " is more than " +
                            run() + "; lower it, or train longer");
  }

  // A cycle rises and falls.
  void check_fall(const OneCycleSchedule& schedule) {
    const auto share = schedule.warmup_ratio * static_cast<double>(total_);
    const auto rise = schedule.warmup_steps.value_or(static_cast<std::int64_t>(std::ceil(share)));
    if (rise != total_) return;  // what is longer than the run is said above
    const auto what = schedule.warmup_steps
                          ? "train.schedule.warmup_steps " + std::to_string(rise)
                          : fmt::format("train.schedule.warmup_ratio {}", schedule.warmup_ratio);
    add(schedule.warmup_steps ? "warmup_steps" : "warmup_ratio",
        what + " leaves one_cycle no step to fall in, of " + run() + "; lower it, or train longer");
  }

  void check_decay(const WsdSchedule& schedule) {
    if (!schedule.decay_steps) return;
    const auto warm_up = schedule.warmup_steps.value_or(0);
    const auto decay = *schedule.decay_steps;
    if (warm_up > total_ || warm_up + decay <= total_) return;
    const auto both = warm_up > 0 ? "train.schedule.warmup_steps " + std::to_string(warm_up) +
                                        " and train.schedule.decay_steps " + std::to_string(decay) +
                                        " together are"
                                  : "train.schedule.decay_steps " + std::to_string(decay) + " is";
    add("decay_steps", both + " more than " + run() + "; lower one, or train longer");
  }

  void check_milestones(const std::vector<std::int64_t>& milestones) {
    for (const auto milestone : milestones) {
      if (milestone < total_) continue;
      add("milestones", "train.schedule.milestones has " + std::to_string(milestone) +
                            ", but only what lies below " + run() +
                            " changes anything; remove it, or train longer");
      return;
    }
  }

  std::int64_t total_;
};

}  // namespace

std::vector<ScheduleFault> schedule_faults(const ScheduleConfig& schedule, std::int64_t total) {
  ScheduleChecker checker(total);
  std::visit([&](const auto& s) { checker(s); }, schedule);
  return checker.faults;
}

void require_schedule_fits(const ScheduleConfig& schedule, std::int64_t total) {
  std::vector<std::string> lines;
  for (const auto& fault : schedule_faults(schedule, total)) lines.push_back(fault.what);
  if (!lines.empty()) throw Error(ErrorKind::config, join(lines, "\n"));
}

}  // namespace candor
