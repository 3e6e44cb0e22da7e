// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/byte_tokens.h"

#include <charconv>

namespace candor {

std::string byte_token(unsigned char byte) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
}

std::optional<char> byte_of_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return {};
  unsigned value = 0;
  const auto digits = token.substr(3, 2);
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
  if (error != std::errc{} || end != digits.end()) return {};
  return static_cast<char>(value);
}

}  // namespace candor
