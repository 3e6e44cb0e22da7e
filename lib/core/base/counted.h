// SPDX-License-Identifier: Apache-2.0
// Numbers of things, for messages.
#pragma once

#include <cstdint>
#include <string>

namespace candor {

// "1 row", "2 rows".
inline std::string counted(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace candor
