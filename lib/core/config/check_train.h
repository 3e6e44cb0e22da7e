// SPDX-License-Identifier: Apache-2.0
// The rules of training: optimizer, schedule, loss.
#pragma once

#include <string>
#include <vector>

#include <candor/config.h>

#include "core/config/problems.h"

namespace candor {

// A part of check_config(); task, data, model and train could be read.
void check_training(const RunConfig& config, Problems& problems);

// Lines about what is allowed, but may not be what was meant.
std::vector<std::string> config_warnings(const RunConfig& config);

}  // namespace candor
