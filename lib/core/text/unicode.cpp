// SPDX-License-Identifier: Apache-2.0
#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace candor {
namespace {

struct Range {
  std::uint32_t first;
  std::uint16_t bits;
};

constexpr Range kRanges[] = {
#include "core/text/unicode_ranges.inc"
};

constexpr std::size_t kPage = 128;
constexpr std::size_t kPages = 0x110000 / kPage;

// Two stages: the pages of 128 code points that differ, and which of them each place has.
struct Table {
  std::array<std::uint16_t, kPages> page{};
  std::vector<std::array<std::uint16_t, kPage>> pages;

  Table() {
    std::map<std::array<std::uint16_t, kPage>, std::uint16_t> seen;
    std::size_t range = 0;
    for (std::size_t p = 0; p < kPages; ++p) {
      std::array<std::uint16_t, kPage> values{};
      for (std::size_t i = 0; i < kPage; ++i) {
        while (range + 1 < std::size(kRanges) && kRanges[range + 1].first <= p * kPage + i) ++range;
        values[i] = kRanges[range].bits;
      }
      const auto [found, fresh] = seen.emplace(values, static_cast<std::uint16_t>(pages.size()));
      if (fresh) pages.push_back(values);
      page[p] = found->second;
    }
  }
};

const Table& table() {
  static const Table made;
  return made;
}

}  // namespace

CharacterFacts facts_of(std::uint32_t code_point) {
  static const Table& facts = table();
  if (code_point > 0x10FFFF) return CharacterFacts(0);
  return CharacterFacts(facts.pages[facts.page[code_point / kPage]][code_point % kPage]);
}

bool is_white_space(std::uint32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 9 && c <= 13);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

}  // namespace candor
