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

struct EncodeOptions {
  // Special tokens that stand in the text by name become their ids. Off, they are text like any
  // other, so that nobody can write one into a prompt.
  bool allow_special = false;
  // What the file's template puts around a text, such as a token for its beginning.
  bool add_special = false;
};

// A token and the bytes of the text, [begin, end), that it stands for; none for what a template
// adds.
struct TokenSpan {
  std::int64_t id = 0;
  std::size_t begin = 0, end = 0;
};

// Safe to use from several threads at once.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::int64_t size() const = 0;
  // Never fails: what the vocabulary lacks becomes the unknown token or its bytes.
  virtual std::vector<std::int64_t> encode(std::string_view text,
                                           const EncodeOptions& options) const = 0;
  std::vector<std::int64_t> encode(std::string_view text) const { return encode(text, {}); }
  // The same with places. Throws Error{model} where the tokenizer normalises the text before it
  // cuts it, so that places in the text are lost.
  virtual std::vector<TokenSpan> encode_spans(std::string_view text,
                                              const EncodeOptions& options) const;
  // Without special tokens.
  virtual std::string decode(const std::vector<std::int64_t>& ids) const = 0;
  // Bytes of one token within a text; may be an incomplete UTF-8 sequence. Empty for unknown and
  // special tokens.
  virtual std::string piece(std::int64_t id) const = 0;
  // How tokenizer.json spells the token.
  virtual std::string token(std::int64_t id) const = 0;
  // A token that no plain text gives.
  virtual bool special(std::int64_t id) const;
  virtual Json to_json() const = 0;
};

// Where a text whose end is not known yet is best parted: before a blank behind a visible
// character, so that its words are those of the whole; else behind a line break; else nowhere, 0.
std::size_t last_cut(std::string_view text);

// Learns a vocabulary from a text that comes in parts.
class TokenizerTrainer {
 public:
  virtual ~TokenizerTrainer() = default;
  // A document, or a part of one that ends at a line break or between two words: no token is
  // learned across its end. Throws Error{data} for text that the tokenizer cannot hold, with the
  // byte offset within all that was added.
  virtual void add(std::string_view text) = 0;
  // Once, after all text. Throws Error{data} when there was none.
  virtual std::unique_ptr<Tokenizer> finish() = 0;
};

// characters: Unicode code points in code point order after "<unk>" (id 0); text that is not valid
// UTF-8 is refused. bytes: 256 ids, nothing to learn. bpe, unigram: docs/tokenize.md. file: nothing
// to learn. Throws Error{config} where `config.size` is too small.
std::unique_ptr<TokenizerTrainer> make_tokenizer_trainer(const TokenizerConfig& config);
// From one text; the vocabulary comes from the training text only.
std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, std::string_view text);
// Of a tokenizer.json as JSON: a million tokens and their merges fit.
JsonLimits tokenizer_json_limits();
// Any tokenizer.json that candor honours exactly. Throws Error{model}: "tokenizer.json: POINTER:
// ..".
std::unique_ptr<Tokenizer> load_tokenizer(const Json& tokenizer_json);
// The same out of a file; the error begins with its name.
std::unique_ptr<Tokenizer> load_tokenizer_file(const std::string& path);

}  // namespace candor
