// SPDX-License-Identifier: Apache-2.0
// Position of a name, looked up without making a string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace candor {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

using StringIndex = std::unordered_map<std::string, std::int64_t, StringHash, std::equal_to<>>;

// -1 when `name` is not in `index`.
inline std::int64_t position(const StringIndex& index, std::string_view name) {
  const auto found = index.find(name);
  return found == index.end() ? -1 : found->second;
}

}  // namespace candor
