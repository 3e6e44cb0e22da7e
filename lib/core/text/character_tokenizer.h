// SPDX-License-Identifier: Apache-2.0
// One token per Unicode code point. In Hugging Face's terms a BPE model without merges.
#pragma once

#include <memory>

#include "core/text/tokenizer.h"

namespace candor {

class CharacterTokenizer : public Tokenizer {
 public:
  // Whether these, by id, are "<unk>" and then single characters.
  static bool fits(const std::vector<std::string>& tokens, const Json& model);
  // Tokens that fit.
  explicit CharacterTokenizer(const std::vector<std::string>& tokens);

  std::int64_t size() const override { return static_cast<std::int64_t>(pieces_.size()); }
  using Tokenizer::encode;
  // A byte that is not part of valid UTF-8 is one unknown token.
  std::vector<std::int64_t> encode(std::string_view text, const EncodeOptions&) const override;
  std::string decode(const std::vector<std::int64_t>& ids) const override;
  std::string piece(std::int64_t id) const override;
  std::string token(std::int64_t id) const override;
  Json to_json() const override;

 private:
  friend class CharacterTrainer;
  CharacterTokenizer();
  void add(std::uint32_t code_point);

  std::vector<std::string> pieces_;  // by id; empty for the unknown token
  // Ids by code point in pages of 256, so that a lookup is two array reads whatever the script.
  // Page 0 is all unknown and shared by every page of Unicode without a token.
  std::vector<std::uint16_t> page_of_;
  std::vector<std::int32_t> ids_;
};

class CharacterTrainer : public TokenizerTrainer {
 public:
  CharacterTrainer();
  void add(std::string_view text) override;
  std::unique_ptr<Tokenizer> finish() override;

 private:
  std::vector<bool> seen_;  // by code point
  std::size_t bytes_ = 0;   // of what was added
};

}  // namespace candor
