// SPDX-License-Identifier: Apache-2.0
#include "core/base/printable.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "core/base/utf8.h"

namespace candor {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Not the joiners U+200C and U+200D, which scripts and emoji need.
constexpr Range kHidden[] = {{0x00, 0x1F},     {0x7F, 0x9F},      {0x61C, 0x61C},
                             {0x180E, 0x180E}, {0x200B, 0x200B},  {0x200E, 0x200F},
                             {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFEFF, 0xFEFF},
                             {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};

}  // namespace

bool is_hidden(std::uint32_t code_point) {
  return std::any_of(std::begin(kHidden), std::end(kHidden), [&](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto point = read_code_point(text);
    const auto length = std::max<std::size_t>(1, point.length);
    const bool kept = point.value == '\n' || point.value == '\t';
    if (point.length > 0 && (kept || !is_hidden(point.value))) {
      result += text.substr(0, length);
    } else {
      result += '?';
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string one_line(std::string_view text) {
  auto result = printable(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c == '\n' || c == '\t'; }, '?');
  return result;
}

}  // namespace candor
