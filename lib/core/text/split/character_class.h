// SPDX-License-Identifier: Apache-2.0
// Classes of characters, as the regular expressions of Hugging Face tokenizers see them: Unicode 16
// in its Oniguruma for patterns, and Rust's own classes in its other parts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/utf8.h"

namespace candor {

// Unicode general categories, in the order of the table.
enum class Category : std::uint8_t {
  Lu,
  Ll,
  Lt,
  Lm,
  Lo,
  Mn,
  Mc,
  Me,
  Nd,
  Nl,
  No,
  Pc,
  Pd,
  Ps,
  Pe,
  Pi,
  Pf,
  Po,
  Sm,
  Sc,
  Sk,
  So,
  Zs,
  Zl,
  Zp,
  Cc,
  Cf,
  Co,
  Cn
};

// Bits of a character's classes.
inline constexpr std::uint8_t kLetter = 1;    // \p{L}
inline constexpr std::uint8_t kNumber = 2;    // \p{N}
inline constexpr std::uint8_t kSpace = 4;     // \s, the same in Oniguruma and Rust
inline constexpr std::uint8_t kWord = 8;      // \w of Rust's regex
inline constexpr std::uint8_t kNumeric = 16;  // Rust's char::is_numeric
inline constexpr std::uint8_t kNewline = 32;  // \r and \n

class CharacterTable {
 public:
  CharacterTable();
  // `code_point` is below 0x110000.
  Category category(std::uint32_t code_point) const {
    return categories_[page_[code_point >> 8] * 256u + (code_point & 255u)];
  }
  std::uint8_t bits(std::uint32_t code_point) const {
    return bits_[page_[code_point >> 8] * 256u + (code_point & 255u)];
  }

 private:
  // Pages of 256; equal ones are kept once.
  std::array<std::uint16_t, 0x1100> page_{};
  std::vector<Category> categories_;
  std::vector<std::uint8_t> bits_;
};

const CharacterTable& character_table();

// Name of a category: "Lu".
std::string_view category_name(Category category);

// A character and its classes. A byte that is not part of valid UTF-8 is a character of one byte in
// no class. `text` is not empty.
struct ClassedCharacter {
  std::uint32_t value;  // 0xFFFFFFFF for such a byte
  std::uint8_t length;
  std::uint8_t bits;
};
ClassedCharacter read_character(const CharacterTable& table, std::string_view text);

}  // namespace candor
