// SPDX-License-Identifier: Apache-2.0
// What a pre-tokenizer looks for in a text, and what becomes of it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/split/word_pattern.h"

namespace candor {

// Bytes [begin, end) of a text.
struct ByteSpan {
  std::size_t begin = 0, end = 0;
};

// Finds spans that follow each other, are not empty and do not overlap.
class Matcher {
 public:
  virtual ~Matcher() = default;
  virtual void find(std::string_view text, std::vector<ByteSpan>& matches) const = 0;
};

std::unique_ptr<Matcher> match_text(std::string text);
// Each character with one of the bits.
std::unique_ptr<Matcher> match_characters(std::uint8_t bits);
// \w+|[^\w\s]+
std::unique_ptr<Matcher> match_words_and_signs();
// Each word of the pattern.
std::unique_ptr<Matcher> match_pattern(WordPatternType type);

// Names and meanings of Hugging Face's SplitDelimiterBehavior.
enum class CutBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// The parts into which the matches cut a text of `size` bytes. `invert`: what lies between matches
// is the delimiter.
std::vector<ByteSpan> cut(std::size_t size, const std::vector<ByteSpan>& matches,
                          CutBehavior behavior, bool invert);

}  // namespace candor
