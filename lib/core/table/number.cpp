// SPDX-License-Identifier: Apache-2.0
#include "core/table/number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace candor {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool same_word(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

// from_chars reports overflow and underflow alike.
bool is_tiny(std::string_view digits) {
  const auto exponent = digits.find_first_of("eE");
  if (exponent != std::string_view::npos) return digits[exponent + 1] == '-';
  return digits.front() == '.' || digits.front() == '0';
}

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

ParsedNumber parse_number(std::string_view text) {
  text = trim_blanks(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return {};
  if (!is_digit(text.front()) && text.front() != '.') {
    const bool word =
        same_word(text, "inf") || same_word(text, "infinity") || same_word(text, "nan");
    return {word ? NumberKind::not_finite : NumberKind::text};
  }
  double value = 0.0;
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return {};
  if (result.ec == std::errc::result_out_of_range) {
    if (!is_tiny(text)) return {NumberKind::not_finite};
    value = 0.0;
  }
  return {NumberKind::number, negative ? -value : value};
}

bool fits_float(const ParsedNumber& number) {
  return number.kind == NumberKind::number &&
         std::abs(number.value) <= std::numeric_limits<float>::max();
}

std::string number_text(double value) {
  constexpr double kExactIntegers = 0x1p53;
  std::array<char, 64> buffer{};
  auto* const end = buffer.data() + buffer.size();
  const double size = std::abs(value);
  std::to_chars_result result{};
  if (size < kExactIntegers && value == std::trunc(value)) {
    result = std::to_chars(buffer.data(), end, static_cast<std::int64_t>(value));
  } else if (size >= 1e-5 && size < kExactIntegers) {
    result = std::to_chars(buffer.data(), end, value, std::chars_format::fixed);
  } else {
    result = std::to_chars(buffer.data(), end, value);
  }
  return {buffer.data(), result.ptr};
}

bool is_integer_text(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace candor
