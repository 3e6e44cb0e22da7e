// SPDX-License-Identifier: Apache-2.0
// The E-step of a unigram language model: how often each piece is expected over all segmentations
// of the words (Kudo 2018, section 3.2; forward-backward over the lattice of pieces).
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/subword/piece_trie.h"
#include "core/text/subword/word_counts.h"

namespace candor {

struct Expectation {
  std::vector<double> counts;   // by piece
  double log_likelihood = 0.0;  // of all words, nats
};

// `probabilities` by piece; each word has a segmentation of positive probability. On all cores; the
// sums are taken in an order that does not depend on how many there are.
Expectation expected_counts(const std::vector<CountedWord>& words, const PieceTrie& trie,
                            const std::vector<double>& probabilities,
                            const std::vector<std::string>& pieces);

}  // namespace candor
