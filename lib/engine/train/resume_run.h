// SPDX-License-Identifier: Apache-2.0
// What must hold before a run goes on, and what its directory keeps of earlier starts.
#pragma once

#include <cstdint>
#include <filesystem>

#include <candor/config.h>

#include "core/base/json.h"
#include "engine/data/open_data.h"

namespace candor {

// The config that the run in `run` has had so far. Throws Error{config} where `config` would make
// it another run, or shorter than what is done.
RunConfig config_to_resume(const std::filesystem::path& run, const RunConfig& config);

// Updates of the newest whole checkpoint; 0 without one.
std::int64_t steps_done(const std::filesystem::path& run);

// environment.json; an empty object where there is none.
Json recorded_environment(const std::filesystem::path& run);

// Throws Error{data} for other files or another split than the run began with: weights that saw
// other rows, or categories under other numbers, must not go on.
void check_same_data(const std::filesystem::path& run, const OpenedData& data);

// environment.json of a run that goes on with `now`: what it began with stays, and what it goes on
// with is added. `before` is the config that it had so far.
Json resumed_environment(const std::filesystem::path& run, Json now, const RunConfig& before,
                         const RunConfig& config);

}  // namespace candor
