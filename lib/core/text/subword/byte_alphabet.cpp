// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/byte_alphabet.h"

#include <algorithm>
#include <numeric>

#include "core/base/utf8.h"

namespace candor {
namespace {

// Bytes that are printable, non-blank Latin-1 characters stand for themselves.
bool stands_for_itself(std::uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

// The others become U+0100, U+0101, ... in byte order.
std::array<std::uint32_t, 256> make_code_points() {
  std::array<std::uint32_t, 256> points{};
  std::uint32_t next = 0x100;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    points[byte] = stands_for_itself(byte) ? byte : next++;
  }
  return points;
}

const std::array<std::uint32_t, 256>& code_points() {
  static const auto kPoints = make_code_points();
  return kPoints;
}

// By code point; -1 where no byte has it.
std::array<std::int16_t, 0x144> make_bytes() {
  std::array<std::int16_t, 0x144> bytes{};
  bytes.fill(-1);
  for (std::size_t byte = 0; byte < 256; ++byte) {
    bytes[code_points()[byte]] = static_cast<std::int16_t>(byte);
  }
  return bytes;
}

}  // namespace

const std::array<std::string, 256>& byte_alphabet() {
  static const auto kAlphabet = [] {
    std::array<std::string, 256> alphabet;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      append_code_point(code_points()[byte], alphabet[byte]);
    }
    return alphabet;
  }();
  return kAlphabet;
}

std::optional<std::string> bytes_of_alphabet(std::string_view token) {
  static const auto kBytes = make_bytes();
  std::string bytes;
  while (!token.empty()) {
    const auto point = read_code_point(token);
    if (point.length == 0 || point.value >= kBytes.size() || kBytes[point.value] < 0) return {};
    bytes += static_cast<char>(kBytes[point.value]);
    token.remove_prefix(point.length);
  }
  return bytes;
}

std::string alphabet_of_bytes(std::string_view bytes) {
  std::string token;
  for (const char byte : bytes) token += byte_alphabet()[static_cast<unsigned char>(byte)];
  return token;
}

const std::array<unsigned char, 256>& bytes_in_alphabet_order() {
  static const auto kOrder = [] {
    std::array<unsigned char, 256> order{};
    std::iota(order.begin(), order.end(), static_cast<unsigned char>(0));
    std::sort(order.begin(), order.end(),
              [](auto a, auto b) { return code_points()[a] < code_points()[b]; });
    return order;
  }();
  return kOrder;
}

}  // namespace candor
