// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <cstring>

namespace candor {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ull;

// Length of the run of ASCII bytes at `offset`, eight at a time; may stop up to seven bytes early.
std::size_t skip_ascii(std::string_view text, std::size_t offset) {
  std::uint64_t word = 0;
  while (offset + sizeof(word) <= text.size()) {
    std::memcpy(&word, text.data() + offset, sizeof(word));
    if ((word & kHighBits) != 0) break;
    offset += sizeof(word);
  }
  return offset;
}

// Bytes of a sequence by its first byte; 0 for a byte that cannot start one.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

bool allowed(std::uint32_t value, std::size_t length) {
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value >= kSmallest[length] && value <= 0x10FFFF && !surrogate;
}

}  // namespace

CodePoint read_code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const auto length = sequence_length(first);
  if (length <= 1) return {first, length};
  if (length > text.size()) return {};
  std::uint32_t value = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3Fu);
  }
  return allowed(value, length) ? CodePoint{value, length} : CodePoint{};
}

void append_code_point(std::uint32_t value, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((value >> shift) & 0x3F)); };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | (value >> 6));
    tail(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | (value >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (value >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t offset = 0; (offset = skip_ascii(text, offset)) < text.size();) {
    const auto point = read_code_point(text.substr(offset));
    if (point.length == 0) return offset;
    offset += point.length;
  }
  return std::nullopt;
}

}  // namespace candor
