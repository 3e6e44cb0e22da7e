// SPDX-License-Identifier: Apache-2.0
// From a corpus to the tokens of its parts.
#pragma once

#include <candor/config.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/corpus.h"
#include "core/text/token_store.h"
#include "core/text/tokenizer.h"

namespace candor {

inline constexpr std::array kCorpusParts = {CorpusPart::train, CorpusPart::validation,
                                            CorpusPart::test};

// "train", "validation", "test".
const char* name_of(CorpusPart part);

// Which text is in which part.
class CorpusSplit {
 public:
  // Everything in one part.
  CorpusSplit(const Corpus& corpus, CorpusPart all);
  // By document; of a single document the first bytes train, the last ones validate, those between
  // test, and no code point is cut.
  CorpusSplit(const Corpus& corpus, const SplitConfig& config);

  // Documents, or bytes of the only one.
  std::int64_t size(CorpusPart part) const;
  // Of the only document that is cut into parts: all of them.
  bool has(CorpusPart part, std::int64_t document) const {
    return parts_.empty() || parts_[static_cast<std::size_t>(document)] == part;
  }
  // Calls `take` for every part of document `index` that is not empty.
  void for_parts(std::int64_t index, std::string_view text,
                 const std::function<void(CorpusPart, std::string_view)>& take) const;
  // SHA-256 of which text is where.
  std::string digest() const;
  // Of which text is in `part`, whatever the other parts are.
  std::string digest(CorpusPart part) const;

 private:
  void cut(std::string_view text, const SplitConfig& config);

  std::vector<CorpusPart> parts_;  // of each document; empty: of the only one by bytes
  std::int64_t train_end_ = 0, test_end_ = 0, length_ = 0;
};

// The vocabulary of the training part. Throws Error{data} as the trainer does.
std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, const Corpus& corpus,
                                           const CorpusSplit& split);

// What token files depend on besides corpus and split.
struct TokenCache {
  std::string folder;    // made when it is not there
  std::string settings;  // how documents are made: unit, field, cleaning
};

struct CorpusTokens {
  std::array<std::optional<TokenStore>, 3> parts;  // by CorpusPart; empty: not wanted, or no text
  std::vector<std::string> caches;                 // token files that were used or made
  bool cached = false;                             // all of them were there
};

// One text as one document, in memory.
TokenStore tokenise_one(std::string_view text, const Tokenizer& tokenizer);

// Every document is encoded on its own. `cache` null: the tokens are kept in memory. A token file
// that is of another corpus, split, tokenizer or setting, or is damaged, is made anew. Throws
// Error{failed} when one cannot be written.
CorpusTokens tokenise(const Corpus& corpus, const CorpusSplit& split, const Tokenizer& tokenizer,
                      const std::vector<CorpusPart>& wanted, const TokenCache* cache);

}  // namespace candor
