// SPDX-License-Identifier: Apache-2.0
// Words by the default word boundaries of Unicode Standard Annex 29 (version 15.0, rules WB1 to
// WB999).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace candor {

// End of the segment that begins at `begin`, a boundary before the end of `text`, which is valid
// UTF-8. Linear in the length of the segment and what it looks ahead at.
std::size_t next_word_boundary(std::string_view text, std::size_t begin);

// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Segments that hold a letter, a number or a pictograph, in order. Annex 29 breaks between any two
// characters of scripts that are written without spaces (Chinese, Hiragana, Thai, ...); there a
// word is each pair of neighbours (a single character where it stands alone), since one character
// says too little and real words would need a dictionary. Katakana and Hangul words stay whole.
void find_words(std::string_view text, std::vector<Span>& words);

}  // namespace candor
