// SPDX-License-Identifier: Apache-2.0
// UTF-8: validation and code points. Overlong forms, surrogates and values above U+10FFFF are
// invalid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace candor {

// One code point and how many bytes it took; length 0 where the bytes are not valid UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

// The code point at the start of `text`, which is not empty.
CodePoint read_code_point(std::string_view text);

void append_code_point(std::uint32_t value, std::string& out);

// Byte offset of the first byte that is not valid UTF-8.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace candor
