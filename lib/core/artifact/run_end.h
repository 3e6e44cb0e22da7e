// SPDX-License-Identifier: Apache-2.0
// How a run ended that did not come to its end: ended.json in its directory. What is killed leaves
// none, and a run that goes on removes it.
#pragma once

#include <exception>

#include "core/artifact/run_directory.h"

namespace candor {

inline constexpr const char* kEndName = "ended.json";

// The values of its "state".
inline constexpr const char* kStopped = "stopped";    // by a signal, after a checkpoint
inline constexpr const char* kDiverged = "diverged";  // Error{diverged}
inline constexpr const char* kCrashed = "crashed";    // by any other error

// Never throws: the error that ends the run is what its user is to see.
void write_run_end(const RunDirectory& run, const std::exception& error) noexcept;

}  // namespace candor
