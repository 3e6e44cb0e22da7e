// SPDX-License-Identifier: Apache-2.0
// The two regular expressions by which nearly every byte-level vocabulary cuts text into words,
// written by hand. Every character belongs to a word. Linear in the text's length.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/text/split/character_class.h"

namespace candor {

enum class WordPatternType {
  // Radford et al. 2019 (GPT-2, encoder.py):
  // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  gpt2,
  // Llama 3:
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|
  // \s*[\r\n]+|\s+(?!\S)|\s+
  llama3,
  // The same with \p{N} for \p{N}{1,3}: Qwen 2.
  qwen2,
};

// The expression, as it stands in a tokenizer.json.
std::string_view expression_of(WordPatternType type);

class WordPattern {
 public:
  explicit WordPattern(WordPatternType type) : type_(type), table_(character_table()) {}

  WordPatternType type() const { return type_; }

  // End of the word that begins at `at`, which lies before the end of `text` and is 0 or the end of
  // a word.
  std::size_t end_of_word(std::string_view text, std::size_t at) const {
    return type_ == WordPatternType::gpt2 ? gpt2_end(text, at) : llama3_end(text, at);
  }

 private:
  std::size_t gpt2_end(std::string_view text, std::size_t at) const;
  std::size_t llama3_end(std::string_view text, std::size_t at) const;
  std::size_t number_end(std::string_view text, std::size_t at) const;
  std::size_t blank_end(std::string_view text, std::size_t at) const;
  ClassedCharacter character(std::string_view text, std::size_t at) const;
  // End of the run of characters from `at` on whose bits within `mask` equal `wanted`.
  std::size_t run_end(std::string_view text, std::size_t at, std::uint8_t mask,
                      std::uint8_t wanted) const;

  WordPatternType type_;
  const CharacterTable& table_;
};

}  // namespace candor
