// SPDX-License-Identifier: Apache-2.0
#include "core/config/tokenizer_faults.h"

#include <algorithm>
#include <set>

namespace candor {
namespace {

constexpr std::size_t kLongestSpecial = 1024;  // bytes

bool special_tokens_fit(const std::vector<std::string>& tokens) {
  const std::set<std::string> different(tokens.begin(), tokens.end());
  return different.size() == tokens.size() &&
         std::all_of(tokens.begin(), tokens.end(), [](const auto& token) {
           return token.size() >= 2 && token.size() <= kLongestSpecial && token != "<unk>";
         });
}

}  // namespace

std::vector<TokenizerFault> tokenizer_faults(const TokenizerConfig& config) {
  std::vector<TokenizerFault> faults;
  const bool learned = config.type == TokenizerType::bpe || config.type == TokenizerType::unigram;
  const bool file = config.type == TokenizerType::file;
  if (file && config.file.value_or("").empty()) {
    faults.push_back({"file", "missing; type file needs file, a tokenizer.json"});
  }
  if (!file && config.file) faults.push_back({"file", "belongs to type file; remove it"});
  if (!learned && config.pretokenizer) {
    faults.push_back({"pretokenizer", "belongs to type bpe and unigram; remove it"});
  }
  if (config.type == TokenizerType::bpe && config.pretokenizer == Pretokenizer::metaspace) {
    faults.push_back({"pretokenizer", "metaspace belongs to type unigram; use gpt2 or llama3"});
  }
  if (!learned && !config.special_tokens.empty()) {
    faults.push_back({"special_tokens", "belong to type bpe and unigram; remove them"});
  }
  if (!special_tokens_fit(config.special_tokens)) {
    faults.push_back({"special_tokens",
                      "must differ from each other and from <unk>, and have 2 to 1024 bytes each"});
  }
  const auto least = static_cast<std::int64_t>(256 + config.special_tokens.size());
  if (learned && config.size < least) {
    faults.push_back({"size", "must be at least " + std::to_string(least) +
                                  ", for the bytes and the special tokens"});
  }
  return faults;
}

}  // namespace candor
