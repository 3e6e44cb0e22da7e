// SPDX-License-Identifier: Apache-2.0
// Where the library's messages go. Without a sink they go nowhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <candor/api.h>

namespace candor {

// `level`: 0 trace, 1 debug, 2 info, 3 warning, 4 error. `line` has no line break at its end.
// Called from any thread, one call at a time. Set it before anything else runs.
CANDOR_API void set_log(std::function<void(int level, const std::string& line)> sink);

// `text` for a terminal or a page: what moves the cursor or changes the direction of writing,
// zero-width spaces and tags, and bytes that are not UTF-8 become `?`; line breaks and tabs stay.
// Lines of the log are so already; messages of Error, which quote names from files, are not.
CANDOR_API std::string printable(std::string_view text);

}  // namespace candor
