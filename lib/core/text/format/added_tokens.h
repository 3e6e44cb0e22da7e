// SPDX-License-Identifier: Apache-2.0
// Tokens that are found in a text before anything else happens to it: the added_tokens of a
// tokenizer.json.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/subword/piece_trie.h"

namespace candor {

struct AddedToken {
  std::uint32_t id = 0;
  std::string content;
  bool left_strip = false;   // takes the blanks before it along
  bool right_strip = false;  // and those behind it
  bool normalized = false;   // is looked for in the normalised text
  bool special = false;      // comes out of a text only when asked for, and is not decoded
};

// A stretch of a text: an added token, or text for the model.
struct Stretch {
  std::size_t begin = 0, end = 0;
  std::optional<std::uint32_t> token;
};

// Finds tokens in a text: of those that begin first the longest. Linear in the text's length times
// that of the longest token, which is at most kLongest bytes.
class AddedTokenFinder {
 public:
  static constexpr std::size_t kLongest = 1024;

  explicit AddedTokenFinder(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  // The stretches of `text` in their order. A special token that is not allowed is text.
  std::vector<Stretch> find(std::string_view text, bool allow_special) const;

 private:
  struct Match {
    std::size_t length = 0;
    std::size_t token = 0;
  };
  Match longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  PieceTrie trie_;  // ids are places in tokens_
};

}  // namespace candor
