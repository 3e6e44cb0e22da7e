// SPDX-License-Identifier: Apache-2.0
// What of a config may be another one when a run is resumed. The table is in resume_rules.cpp, and
// in docs/train.md for users.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

// Lines of config_differences().
struct ResumeChanges {
  std::vector<std::string> taken;  // hold from here on; they change no weight by themselves
  // The length of the run and the schedule: taken if the updates that are done would have had the
  // same rates, which the trainer knows.
  std::vector<std::string> rates;
  std::vector<std::string> refused;  // the run would be another one
};

ResumeChanges resume_changes(const RunConfig& before, const RunConfig& after);

// Throws Error{config} when more than `planned` updates are `done`; `changes` are those of the
// rates.
void require_steps_left(std::int64_t done, std::int64_t planned,
                        const std::vector<std::string>& changes);

}  // namespace candor
