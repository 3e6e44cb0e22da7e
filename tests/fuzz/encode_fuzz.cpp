// SPDX-License-Identifier: Apache-2.0
// Any bytes through byte-level tokenizers: they come back bit by bit, with the same ids a second
// time, and each token is the bytes of its place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/text/tokenizer.h"

namespace {

std::string training_text() {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "the ship's at sea, the ships 123 aaaa abab\n  \xC3\xA9t\xC3\xA9 ";
  return text;
}

std::unique_ptr<candor::Tokenizer> trained(candor::TokenizerType type,
                                           candor::Pretokenizer pretokenizer) {
  candor::TokenizerConfig config;
  config.type = type;
  config.size = 320;
  config.pretokenizer = pretokenizer;
  return candor::train_tokenizer(config, training_text());
}

void check(bool good) {
  if (!good) std::abort();
}

void check_tokenizer(const candor::Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  check(tokenizer.decode(ids) == text);
  check(tokenizer.encode(text) == ids);
  std::size_t at = 0;
  for (const auto& span : tokenizer.encode_spans(text, {})) {
    check(span.begin == at);
    check(tokenizer.piece(span.id) == text.substr(span.begin, span.end - span.begin));
    at = span.end;
  }
  check(at == text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using candor::Pretokenizer;
  using candor::TokenizerType;
  static const auto gpt2 = trained(TokenizerType::bpe, Pretokenizer::gpt2);
  static const auto llama3 = trained(TokenizerType::bpe, Pretokenizer::llama3);
  static const auto unigram = trained(TokenizerType::unigram, Pretokenizer::gpt2);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* tokenizer : {gpt2.get(), llama3.get(), unigram.get()}) {
    check_tokenizer(*tokenizer, text);
  }
  return 0;
}
