// SPDX-License-Identifier: Apache-2.0
// Frequent substrings of words: the first vocabulary of a unigram language model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/text/subword/word_counts.h"

namespace candor {

struct SeedPiece {
  std::string text;
  std::uint64_t count = 0;  // occurrences, a word as often as it stands in the text
};

inline constexpr std::size_t kLongestSeed = 16;  // symbols: bytes or characters

// The substrings of 2 to kLongestSeed symbols that occur twice or more in the text and cannot be
// made longer on the right without losing any: the nodes of the words' suffix tree, out of sorted
// suffixes. The `most` ones with the greatest count * length, in that order; of equal ones the
// smaller text first. Symbols are bytes, or characters of valid UTF-8.
std::vector<SeedPiece> seed_pieces(const std::vector<CountedWord>& words, bool bytes,
                                   std::size_t most);

}  // namespace candor
