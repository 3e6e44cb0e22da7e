// SPDX-License-Identifier: Apache-2.0
// Byte pair encoding learned from words and their counts (Sennrich et al. 2016, algorithm 1), over
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/text/subword/bpe_model.h"
#include "core/text/subword/word_counts.h"

namespace candor {

struct LearnedBpe {
  std::vector<std::string> tokens;  // bytes, by id: 256 single ones in alphabet order, then merges
  std::vector<BpeMerge> merges;     // by ids
};

// Merges the most frequent pair until there are `size` tokens, or no pair is left that occurs
// twice. Of pairs that are equally frequent the one with the smaller left id goes first, then the
// one with the smaller right id; so the result is a function of the counts alone, and that of
// Hugging Face's trainer with min_frequency 2. `size` is 256 at least.
LearnedBpe learn_bpe(const std::vector<CountedWord>& words, std::size_t size);

}  // namespace candor
