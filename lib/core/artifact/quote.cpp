// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "core/base/printable.h"
#include "core/base/utf8.h"

namespace candor {

std::string quote(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  std::string text = "'";
  std::size_t used = 0;
  while (used < name.size()) {
    const auto point = read_code_point(name.substr(used));
    const auto length = std::max<std::size_t>(1, point.length);
    if (used + length > kLongest) break;  // no half characters
    const auto bytes = name.substr(used, length);
    if (point.length > 0 && !is_hidden(point.value)) {
      text += bytes;
    } else {
      for (const char c : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    used += length;
  }
  return text + (name.size() > used ? "...'" : "'");
}

}  // namespace candor
