// SPDX-License-Identifier: Apache-2.0
// Fields that had another name or place once. Configs that users and old model directories hold
// keep working; what candor writes has the present names only.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/config/problems.h"

namespace candor {

// The tree with values under former names moved to their present places. A problem is added where
// both are set.
Json move_former_names(Json json, Problems& problems);

// The present path of a command line's key; `root` is the tree that it is for.
std::vector<std::string> present_path(const Json& root, std::vector<std::string> path);

}  // namespace candor
