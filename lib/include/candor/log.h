// SPDX-License-Identifier: Apache-2.0
// Where the library's messages go. Without a sink they go nowhere.
#pragma once

#include <functional>
#include <string>

#include <candor/api.h>

namespace candor {

// `level`: 0 trace, 1 debug, 2 info, 3 warning, 4 error. `line` has no line break at its end.
// Called from any thread, one call at a time. Set it before anything else runs.
CANDOR_API void set_log(std::function<void(int level, const std::string& line)> sink);

}  // namespace candor
