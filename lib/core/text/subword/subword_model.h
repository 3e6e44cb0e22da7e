// SPDX-License-Identifier: Apache-2.0
// What turns one word into token ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace candor {

// One token of a word: its id, and how many of the word's bytes it stands for.
struct WordToken {
  std::uint32_t id;
  std::uint32_t length;
};

class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  // Appends the tokens of `word`, which is not empty. A pure function of the word, safe to call
  // from several threads at once. Work is at most n log n in the word's length.
  virtual void encode(std::string_view word, std::vector<WordToken>& tokens) const = 0;
};

}  // namespace candor
