// SPDX-License-Identifier: Apache-2.0
// A unigram language model of pieces, learned by expectation-maximisation (Kudo 2018, "Subword
// Regularization", arXiv 1804.10959, section 3.2).
#pragma once

#include <string>
#include <vector>

#include "core/text/subword/word_counts.h"

namespace candor {

// One round: steps of expectation-maximisation over an unchanged set of pieces, then pruning.
struct UnigramRound {
  std::size_t pieces = 0;
  // Of the training words under the probabilities before each step and after the last one, nats.
  // Never falls but for rounding: each step maximises the expectation of the step before it.
  std::vector<double> log_likelihoods;
};

struct LearnedUnigram {
  std::vector<std::string> pieces;  // the most probable first; of equal ones the smaller text
  std::vector<double> scores;       // natural logarithms of probabilities, six decimals
  std::vector<UnigramRound> rounds;
};

// `required`: pieces that every vocabulary keeps, among them every byte or character of `words`.
// `bytes`: pieces may begin and end at any byte, else between characters. `size` counts all pieces
// and is greater than that of `required`.
//
// Starts from the frequent substrings of seed_pieces() and drops a quarter of the pieces in each
// round, those first whose loss costs the likelihood least. Unlike sentencepiece, a round's M-step
// is the plain maximum (expected count / sum), not its digamma form, which would lower the
// likelihood; and pieces expected less than half a time are dropped at the round's end, not within
// it.
LearnedUnigram learn_unigram(const std::vector<CountedWord>& words,
                             const std::vector<std::string>& required, std::size_t size,
                             bool bytes);

}  // namespace candor
