// SPDX-License-Identifier: Apache-2.0
// The n-gram model that every language model is reported beside.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/metrics/report.h"
#include "core/text/ngram_counts.h"
#include "core/text/token_store.h"

namespace candor {

// At most this many n-grams (12 bytes each) are counted: of more training tokens than this over the
// order, blocks of 4,096 at even distances stand for all.
inline constexpr std::int64_t kMostNgrams = 32'000'000;
// And at most so many tokens fit the weights.
inline constexpr std::int64_t kMostHeldOut = 1'000'000;

// `store`, or blocks of it, so that at most `most` tokens come. Documents stay apart.
TokenDocuments sample_tokens(const TokenStore& store, std::int64_t most);

// Takes out what is to be held out of training text: every twentieth document, or of fewer than
// twenty the last twentieth of the tokens.
TokenDocuments take_held_out(TokenDocuments& training);

// Counts `training`; fits the weights on `held_out`, or without it on a part of `training` that is
// counted only after that; scores `scored`, of which the model must have seen nothing.
ScoredBaseline score_baseline(std::int64_t order, std::int64_t vocabulary,
                              const TokenStore& training, const TokenStore* held_out,
                              const TokenStore& scored);

}  // namespace candor
