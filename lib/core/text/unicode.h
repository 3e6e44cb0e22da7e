// SPDX-License-Identifier: Apache-2.0
// What Unicode 15.0 says about a code point, from a table of our own (scripts/unicode).
#pragma once

#include <cstdint>

namespace candor {

// Word_Break of Unicode Standard Annex 29, table 3.
enum class WordBreak : std::uint8_t {
  other,
  cr,
  lf,
  newline,
  extend,
  zwj,
  regional_indicator,
  format,
  katakana,
  hebrew_letter,
  a_letter,
  single_quote,
  double_quote,
  mid_num_let,
  mid_letter,
  mid_num,
  numeric,
  extend_num_let,
  w_seg_space,
};

class CharacterFacts {
 public:
  explicit CharacterFacts(std::uint16_t bits) : bits_(bits) {}
  WordBreak word_break() const { return static_cast<WordBreak>(bits_ & 31); }
  bool assigned() const { return (bits_ & 32) != 0; }    // in Unicode 15.0
  bool pictograph() const { return (bits_ & 64) != 0; }  // Extended_Pictographic
  bool word() const { return (bits_ & 128) != 0; }       // Alphabetic, or a number
  // A letter or mark of a script whose words have no spaces between them: Han, Hiragana, and the
  // scripts of line breaking class SA (Thai, Lao, Khmer, Myanmar, ...).
  bool unspaced() const { return (bits_ & 256) != 0; }
  // A control character other than white space, or a format character that nothing shows; not the
  // two joiners, which change how letters and emoji look.
  bool hidden() const { return (bits_ & 512) != 0; }

 private:
  std::uint16_t bits_;
};

// Any value; beyond U+10FFFF nothing is assigned.
CharacterFacts facts_of(std::uint32_t code_point);

// White_Space: a closed list since Unicode 6.3.
bool is_white_space(std::uint32_t code_point);

}  // namespace candor
