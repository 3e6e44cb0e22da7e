// SPDX-License-Identifier: Apache-2.0
// Patterns for file names, as data.files has them.
#pragma once

#include <string>
#include <vector>

namespace candor {

// Every pattern (`*`, `?`, `[a-z]`; `*` does not cross a `/`) replaced by the files and folders
// that it matches, in byte order; a path that exists under its very name, or that has no such
// character, stays as it is, also when nothing is there. A file that is named twice is taken once,
// where it first stands. Throws Error{data} for a pattern that matches nothing.
std::vector<std::string> expand_paths(const std::vector<std::string>& paths);

}  // namespace candor
