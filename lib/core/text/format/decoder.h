// SPDX-License-Identifier: Apache-2.0
// Tokens to text: the decoder of a tokenizer.json, step by step as Hugging Face applies it. Where
// it would write U+FFFD for bytes that are not UTF-8, the bytes are kept.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/text/split/matcher.h"

namespace candor {

// Characters of the GPT-2 alphabet to bytes; a token with any other character is kept as it is.
struct ByteLevelDecode {};
// Marks to blanks; in the text's first token they vanish where `first_dropped`.
struct MetaspaceDecode {
  std::string mark;
  bool first_dropped = true;
};
// <0x..> to bytes.
struct ByteFallbackDecode {};
// All tokens so far become one.
struct FuseDecode {};
struct ReplaceDecode {
  std::shared_ptr<const Matcher> matcher;
  std::string content;
};
// At most so many of a character at the ends of each token.
struct StripDecode {
  std::string character;
  std::size_t start = 0, stop = 0;
};
// The suffix of a word's last token becomes a blank, but for the text's last token.
struct SuffixDecode {
  std::string suffix;
};
// What happens without any decoder: blanks between the tokens.
struct JoinDecode {};

using DecodeStep = std::variant<ByteLevelDecode, MetaspaceDecode, ByteFallbackDecode, FuseDecode,
                                ReplaceDecode, StripDecode, SuffixDecode, JoinDecode>;

class TokenDecoder {
 public:
  explicit TokenDecoder(std::vector<DecodeStep> steps) : steps_(std::move(steps)) {}

  std::string decode(std::vector<std::string> tokens) const;
  // What one token adds to a text that has begun and goes on.
  std::string piece(std::string token) const;

 private:
  std::vector<DecodeStep> steps_;
};

}  // namespace candor
