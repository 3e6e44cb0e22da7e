// SPDX-License-Identifier: Apache-2.0
// The rules of `search` and `tune`.
#pragma once

#include <candor/config.h>

#include "core/config/problems.h"

namespace candor {

// A part of check_config(): keys that may be searched, and values that they can have whatever the
// others are.
void check_search(const RunConfig& config, Problems& problems);

}  // namespace candor
