// SPDX-License-Identifier: Apache-2.0
// Host stage of one column of free text: cleaned, then weighted terms or tokens.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/text/normalizer.h"
#include "core/text/text_features.h"
#include "core/text/tokenizer.h"

namespace candor {

enum class TextUse { terms, tokens };

// What a model takes of a text.
struct TextForm {
  TextUse use = TextUse::terms;
  std::int64_t context = 0;  // tokens: the first so many are used, as Hugging Face truncates
};

// What a model of this type takes: model.type transformer tokens, any other terms.
TextForm text_form(const ModelConfig& model);

// Fitted once; may be used by several threads at once.
class TextColumn {
 public:
  // Over the training texts. Throws Error{data} where they hold nothing to learn from, and
  // Error{config} for a tokenizer that is too small.
  static TextColumn fit(const TextForm& form, const TextColumnsConfig& config,
                        std::span<const std::string_view> texts);

  TextUse use() const;
  // Different terms, or tokens of the vocabulary: indices are in [0, size()).
  std::int64_t size() const;
  // Null for terms.
  const std::shared_ptr<const Tokenizer>& tokenizer() const { return tokenizer_; }
  // Tokens of one text at most; 0 for terms.
  std::int64_t context() const { return context_; }

  // Only for terms: replaces `terms`, as TextFeatures::apply does.
  void apply(std::string_view text, std::vector<WeightedTerm>& terms) const;
  // Only for tokens: the first context() of them.
  std::vector<std::int64_t> tokens(std::string_view text) const;

  // Without the tokenizer, which has a file of its own.
  Json to_json() const;
  // `at` is the JSON pointer, for messages; `tokenizer` may be null unless the column is one of
  // tokens. Throws Error{model}.
  static TextColumn from_json(const Json& json, const std::string& at,
                              std::shared_ptr<const Tokenizer> tokenizer);

 private:
  explicit TextColumn(TextFeatures terms) : terms_(std::move(terms)) {}
  TextColumn(Normalizer clean, std::shared_ptr<const Tokenizer> tokenizer, std::int64_t context)
      : clean_(clean), tokenizer_(std::move(tokenizer)), context_(context) {}

  std::optional<TextFeatures> terms_;  // empty: tokens
  Normalizer clean_ = Normalizer({});
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::int64_t context_ = 0;
};

}  // namespace candor
