// SPDX-License-Identifier: Apache-2.0
// Tokenizers that learn a vocabulary of subwords, and the tokenizer.json that holds it.
#pragma once

#include <memory>

#include <candor/config.h>

#include "core/text/tokenizer.h"

namespace candor {

// `config.type` is bpe or unigram. Throws Error{config} where `size` has no room for what every
// vocabulary of the kind has.
std::unique_ptr<TokenizerTrainer> make_subword_trainer(const TokenizerConfig& config);

}  // namespace candor
