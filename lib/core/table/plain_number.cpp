// SPDX-License-Identifier: Apache-2.0
#include "core/table/plain_number.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace candor {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostBytes = 16, kMostDigits = 15;

// Powers of ten that a double holds exactly: below 2^53 the quotient of digits and power is rounded
// once, and so is the nearest double (Clinger, "How to Read Floating Point Numbers Accurately",
// 1990).
constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint8_t read_one(std::string_view text, double& value) {
  value = kNoValue;
  if (text.empty()) return kMissingCell;
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.size() > kMostBytes) return kOddCell;
  std::uint64_t digits = 0;
  std::size_t whole = 0;
  while (whole < text.size() && is_digit(text[whole])) {
    digits = digits * 10 + static_cast<std::uint64_t>(text[whole++] - '0');
  }
  if (whole == 0 || (whole > 1 && text[0] == '0')) return kOddCell;
  std::size_t decimals = 0;
  if (whole < text.size()) {
    if (text[whole] != '.' || whole + 1 == text.size()) return kOddCell;
    for (auto i = whole + 1; i < text.size(); ++i, ++decimals) {
      if (!is_digit(text[i])) return kOddCell;
      digits = digits * 10 + static_cast<std::uint64_t>(text[i] - '0');
    }
  }
  if (whole + decimals > kMostDigits) return kOddCell;
  value = static_cast<double>(digits) / kPowers[decimals];
  if (negative) value = -value;
  return static_cast<std::uint8_t>(decimals);
}

#if defined(__x86_64__)

using Lanes = std::array<std::uint8_t, 16>;

// From lane 16 - n on: the last n of 16 bytes.
alignas(16) constexpr std::array<std::uint8_t, 32> kTail = [] {
  std::array<std::uint8_t, 32> mask{};
  for (std::size_t i = 16; i < 32; ++i) mask[i] = 0xFF;
  return mask;
}();

// Takes the point at lane p out: what is before it moves up by one. Without a point, p = 16.
alignas(16) constexpr std::array<Lanes, 17> kWithoutPoint = [] {
  std::array<Lanes, 17> shuffles{};
  for (std::size_t p = 0; p <= 16; ++p) {
    for (std::size_t lane = 0; lane < 16; ++lane) {
      const bool moved = p < 16 && lane <= p;
      shuffles[p][lane] = static_cast<std::uint8_t>(moved && lane == 0 ? 0x80
                                                    : moved            ? lane - 1
                                                                       : lane);
    }
  }
  return shuffles;
}();

// All 16 bytes at once: the text lies at the end of the register, the rest counts as zeros; digits
// are summed in pairs, fours and eights.
__attribute__((target("ssse3,sse4.1"))) void read_sse41(const std::string_view* cells,
                                                        std::size_t count, double* values,
                                                        std::uint8_t* spellings) {
  const auto zero = _mm_set1_epi8('0');
  const auto nine = _mm_set1_epi8(9);
  const auto point = _mm_set1_epi8('.' - '0');
  const auto tens = _mm_set_epi8(1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10);
  const auto hundreds = _mm_set_epi16(1, 100, 1, 100, 1, 100, 1, 100);
  const auto ten_thousands = _mm_set_epi16(1, 10000, 1, 10000, 1, 10000, 1, 10000);
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = cells[i].data();
    auto size = cells[i].size();
    values[i] = kNoValue;
    if (size == 0) {
      spellings[i] = kMissingCell;
      continue;
    }
    spellings[i] = kOddCell;
    const bool negative = *begin == '-';
    size -= negative ? 1 : 0;
    begin += negative ? 1 : 0;
    if (size - 1 >= kMostBytes) continue;
    const auto tail = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kTail.data() + size));
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + size - 16));
    const auto raw = _mm_and_si128(_mm_sub_epi8(bytes, zero), tail);
    const auto is_point = _mm_cmpeq_epi8(raw, point);
    const auto points = static_cast<std::uint32_t>(_mm_movemask_epi8(is_point));
    const auto digits_only = _mm_cmpeq_epi8(_mm_min_epu8(raw, nine), raw);
    const auto others = ~static_cast<std::uint32_t>(_mm_movemask_epi8(digits_only)) & 0xFFFFu;
    if (others != points || (points & (points - 1)) != 0) continue;
    const auto at = static_cast<std::uint32_t>(std::countr_zero(points | 0x10000u));
    const auto decimals = points == 0 ? 0 : 15 - at;
    const auto whole = size - (points == 0 ? 0 : decimals + 1);
    const bool needless_zero = whole > 1 && *begin == '0';
    if (whole == 0 || needless_zero || whole + decimals > kMostDigits) continue;
    if (points != 0 && decimals == 0) continue;
    const auto shuffle = _mm_load_si128(reinterpret_cast<const __m128i*>(kWithoutPoint[at].data()));
    const auto digits = _mm_shuffle_epi8(raw, shuffle);
    const auto pairs = _mm_maddubs_epi16(digits, tens);
    const auto fours = _mm_madd_epi16(pairs, hundreds);
    const auto eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), ten_thousands);
    const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
    const auto number = (both & 0xFFFFFFFFu) * 100000000u + (both >> 32);
    const auto value = static_cast<double>(static_cast<std::int64_t>(number)) / kPowers[decimals];
    values[i] = negative ? -value : value;
    spellings[i] = static_cast<std::uint8_t>(decimals);
  }
}

#endif

}  // namespace

void read_plain_numbers_portable(const std::string_view* cells, std::size_t count, double* values,
                                 std::uint8_t* spellings) {
  for (std::size_t i = 0; i < count; ++i) spellings[i] = read_one(cells[i], values[i]);
}

void read_plain_numbers(const std::string_view* cells, std::size_t count, double* values,
                        std::uint8_t* spellings) {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("sse4.1") != 0;
  if (fast) return read_sse41(cells, count, values, spellings);
#endif
  read_plain_numbers_portable(cells, count, values, spellings);
}

void append_plain_number(double value, std::uint8_t spelling, std::string& text) {
  std::array<char, 24> digits;
  const auto scaled = std::llround(std::abs(value) * kPowers[spelling]);
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), scaled).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  if (std::signbit(value)) text += '-';
  if (spelling == 0) {
    text.append(digits.data(), count);
    return;
  }
  if (count <= spelling) {
    text += "0.";
    text.append(spelling - count, '0').append(digits.data(), count);
    return;
  }
  text.append(digits.data(), count - spelling) += '.';
  text.append(digits.data() + count - spelling, spelling);
}

}  // namespace candor
