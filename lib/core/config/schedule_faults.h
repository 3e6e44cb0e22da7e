// SPDX-License-Identifier: Apache-2.0
// Whether a schedule fits into a run. The number of steps is known when the config gives it, or
// when the data is open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

struct ScheduleFault {
  std::string key;  // below train.schedule
  std::string what;
};

// What of `schedule` a run of `total` updates never comes to, or comes to only in part.
std::vector<ScheduleFault> schedule_faults(const ScheduleConfig& schedule, std::int64_t total);

// Throws Error{config} with all of them.
void require_schedule_fits(const ScheduleConfig& schedule, std::int64_t total);

}  // namespace candor
