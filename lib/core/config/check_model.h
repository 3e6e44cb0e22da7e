// SPDX-License-Identifier: Apache-2.0
// The rules between a model's own fields, and the size of its images.
#pragma once

#include <candor/config.h>

#include "core/config/problems.h"

namespace candor {

// A part of check_config(); data and model could be read.
void check_model_fields(const RunConfig& config, Problems& problems);

}  // namespace candor
