// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace candor {

// The magic of every cache file of candor begins with it, and stands within the file's first or
// last 16 bytes. `candor purge` deletes nothing as a cache that has no such mark: a run's
// environment.json names its caches, and could name anything.
inline constexpr std::string_view kCacheMark = "CNDR";

}  // namespace candor
