// SPDX-License-Identifier: Apache-2.0
// Letters of ASCII, for names and markup; other bytes stay as they are. Texts of people go through
// core/text.
#pragma once

#include <string>
#include <string_view>

namespace candor {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = ascii_lower(c);
  return result;
}

}  // namespace candor
