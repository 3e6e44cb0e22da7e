// SPDX-License-Identifier: Apache-2.0
#include "core/text/split/character_class.h"

#include <algorithm>
#include <map>
#include <string>

namespace candor {
namespace {

constexpr std::uint32_t kCodePoints = 0x110000;

constexpr std::uint32_t kRuns[] = {
#include "core/text/split/character_categories.inc"
};

struct Range {
  std::uint32_t first, last;
};

constexpr Range kSpaces[] = {{0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                             {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                             {0x205F, 0x205F}, {0x3000, 0x3000}};
// \w beyond letters, marks, decimal and letter numbers and connectors: alphabetic symbols, joiners.
constexpr Range kOtherWord[] = {
    {0x200C, 0x200D}, {0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};
// Numbers of Rust's newer Unicode.
constexpr Range kOtherNumeric[] = {{0x11DE0, 0x11DE9}, {0x16FF4, 0x16FF6}};

std::uint8_t bits_of(Category category) {
  if (category <= Category::Lo) return kLetter | kWord;
  if (category <= Category::Me) return kWord;
  if (category <= Category::Nl) return kNumber | kNumeric | kWord;
  if (category == Category::No) return kNumber | kNumeric;
  return category == Category::Pc ? kWord : 0;
}

struct Plain {
  std::vector<Category> categories;
  std::vector<std::uint8_t> bits;
};

template <std::size_t N>
void mark(Plain& plain, const Range (&ranges)[N], std::uint8_t bit) {
  for (const auto& range : ranges) {
    for (auto value = range.first; value <= range.last; ++value) plain.bits[value] |= bit;
  }
}

Plain plain_table() {
  Plain plain{std::vector<Category>(kCodePoints, Category::Cn),
              std::vector<std::uint8_t>(kCodePoints)};
  for (std::size_t i = 0; i < std::size(kRuns); ++i) {
    const auto end = i + 1 < std::size(kRuns) ? kRuns[i + 1] / 32 : kCodePoints;
    const auto category = static_cast<Category>(kRuns[i] % 32);
    for (auto value = kRuns[i] / 32; value < end; ++value) {
      plain.categories[value] = category;
      plain.bits[value] = bits_of(category);
    }
  }
  mark(plain, kSpaces, kSpace);
  mark(plain, kOtherWord, kWord);
  mark(plain, kOtherNumeric, kNumeric);
  plain.bits['\r'] |= kNewline;
  plain.bits['\n'] |= kNewline;
  return plain;
}

}  // namespace

CharacterTable::CharacterTable() {
  const auto plain = plain_table();
  std::map<std::string, std::uint16_t> known;
  for (std::uint32_t page = 0; page < page_.size(); ++page) {
    std::string key;
    for (auto value = page * 256; value < page * 256 + 256; ++value) {
      key.push_back(static_cast<char>(plain.categories[value]));
      key.push_back(static_cast<char>(plain.bits[value]));
    }
    const auto [place, is_new] = known.emplace(std::move(key), bits_.size() / 256);
    page_[page] = place->second;
    if (!is_new) continue;
    const auto from = static_cast<std::ptrdiff_t>(page) * 256;
    bits_.insert(bits_.end(), plain.bits.begin() + from, plain.bits.begin() + from + 256);
    categories_.insert(categories_.end(), plain.categories.begin() + from,
                       plain.categories.begin() + from + 256);
  }
}

const CharacterTable& character_table() {
  static const CharacterTable kTable;
  return kTable;
}

std::string_view category_name(Category category) {
  constexpr std::string_view kNames = "LuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCoCn";
  return kNames.substr(2 * static_cast<std::size_t>(category), 2);
}

ClassedCharacter read_character(const CharacterTable& table, std::string_view text) {
  const auto point = read_code_point(text);
  if (point.length == 0) return {0xFFFFFFFF, 1, 0};
  return {point.value, static_cast<std::uint8_t>(point.length), table.bits(point.value)};
}

}  // namespace candor
