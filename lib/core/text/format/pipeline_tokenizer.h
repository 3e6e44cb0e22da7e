// SPDX-License-Identifier: Apache-2.0
// A tokenizer as a tokenizer.json describes it: added tokens, normalizer, pre-tokenizer, model,
// template and decoder, one after the other.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/text/format/added_tokens.h"
#include "core/text/format/decoder.h"
#include "core/text/format/text_normalizer.h"
#include "core/text/split/pre_tokenizer.h"
#include "core/text/subword/subword_model.h"
#include "core/text/subword/word_cache.h"
#include "core/text/tokenizer.h"

namespace candor {

struct TokenizerParts {
  std::vector<std::string> tokens;  // by id, as the file writes them; model's and added ones
  std::vector<AddedToken> added;
  TextNormalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<SubwordModel> model;
  std::vector<std::int64_t> before, after;  // what the template puts around a text
  TokenDecoder decoder{{}};
  Json json;  // the file without what `write_model` gives back
  std::function<Json()> write_model;
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts);
  ~PipelineTokenizer() override;

  std::int64_t size() const override { return static_cast<std::int64_t>(parts_.tokens.size()); }
  using Tokenizer::encode;
  std::vector<std::int64_t> encode(std::string_view text,
                                   const EncodeOptions& options) const override;
  std::vector<TokenSpan> encode_spans(std::string_view text,
                                      const EncodeOptions& options) const override;
  std::string decode(const std::vector<std::int64_t>& ids) const override;
  std::string piece(std::int64_t id) const override;
  std::string token(std::int64_t id) const override;
  bool special(std::int64_t id) const override;
  Json to_json() const override;

 private:
  class Scratch;
  class Borrowed;

  // visit(stretch) for text and tokens in order: tokens in the raw text first, then those in the
  // normalised one.
  template <class Text, class Token>
  void walk(std::string_view text, bool allow_special, Text&& on_text, Token&& on_token) const;
  void encode_text(std::string_view text, std::size_t offset, Scratch& scratch,
                   std::vector<std::int64_t>& ids) const;
  void encode_words(WordPatternType type, std::string_view text, Scratch& scratch,
                    std::vector<std::int64_t>& ids) const;
  void encode_word(std::string_view word, bool padded, Scratch& scratch,
                   std::vector<std::int64_t>& ids) const;
  void add_spans(const TextPart& part, std::vector<TokenSpan>& spans) const;

  TokenizerParts parts_;
  std::vector<bool> special_;  // by id
  AddedTokenFinder raw_, normalized_;
  bool plain_tokens_ = false;  // there are added tokens that are not special
  std::optional<WordPatternType> pattern_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;  // of calls that have ended
};

}  // namespace candor
