// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace candor {

std::string quote(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  auto length = std::min(name.size(), kLongest);
  while (length < name.size() && length > 0 && (name[length] & 0xc0) == 0x80)
    --length;  // no half characters
  std::string text = "'";
  for (const char c : name.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return text + (name.size() > length ? "...'" : "'");
}

}  // namespace candor
