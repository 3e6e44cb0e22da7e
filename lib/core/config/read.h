// SPDX-License-Identifier: Apache-2.0
// Strict reading of JSON into a config: nothing unknown, nothing of the wrong type or out of range,
// nothing clipped.
#pragma once

#include <candor/config.h>

#include "core/base/json.h"
#include "core/config/problems.h"

namespace candor {

// What could be read; every problem is added to `problems`.
RunConfig read_config(const Json& json, Problems& problems);

// One section that a model's file carries as section_json wrote it; `at` is its JSON pointer there.
// For the sections listed in read.cpp.
template <class T>
T read_section(const Json& json, const std::string& at, Problems& problems);

// Rules between fields; each message names both fields and the way out.
void check_config(const RunConfig& config, Problems& problems);

// The tree with the words of a command line applied; origins are noted in `problems`.
Json apply_overrides(Json json, const std::vector<std::string>& words, Problems& problems);

}  // namespace candor
