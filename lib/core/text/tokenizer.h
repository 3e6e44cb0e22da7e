// SPDX-License-Identifier: Apache-2.0
// Text to ids and back. Files are Hugging Face `tokenizer.json`.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

namespace candor {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::int64_t size() const = 0;
  // Never fails: what the vocabulary lacks becomes the unknown token (characters) or its bytes.
  virtual std::vector<std::int64_t> encode(std::string_view text) const = 0;
  virtual std::string decode(const std::vector<std::int64_t>& ids) const = 0;
  // Bytes of one token; may be an incomplete UTF-8 sequence. Empty for the unknown token.
  virtual std::string piece(std::int64_t id) const = 0;
  virtual Json to_json() const = 0;
};

// Vocabulary from the training text only. characters: Unicode code points in code point order after
// "<unk>" (id 0); text that is not valid UTF-8 is refused with its byte offset (Error{data}).
// bytes: 256 ids.
std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, std::string_view text);
std::unique_ptr<Tokenizer> load_tokenizer(const Json& tokenizer_json);  // throws Error{model}

}  // namespace candor
