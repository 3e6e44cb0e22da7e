// SPDX-License-Identifier: Apache-2.0
#include "core/text/byte_tokenizer.h"

#include "core/text/subword/byte_alphabet.h"
#include "core/text/token_table.h"

namespace candor {
namespace {

std::vector<std::string> alphabet_tokens() {
  return {byte_alphabet().begin(), byte_alphabet().end()};
}

std::vector<std::string> single_bytes() {
  std::vector<std::string> pieces;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    pieces.emplace_back(1, static_cast<char>(byte));
  }
  return pieces;
}

const std::vector<std::string>& pieces() {
  static const auto kPieces = single_bytes();
  return kPieces;
}

}  // namespace

bool ByteTokenizer::fits(const std::vector<std::string>& tokens) {
  return tokens == alphabet_tokens();
}

std::vector<std::int64_t> ByteTokenizer::encode(std::string_view text, const EncodeOptions&) const {
  std::vector<std::int64_t> ids(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) ids[i] = static_cast<unsigned char>(text[i]);
  return ids;
}

std::string ByteTokenizer::piece(std::int64_t id) const { return checked_piece(pieces(), id); }

std::string ByteTokenizer::token(std::int64_t id) const { return alphabet_of_bytes(piece(id)); }

std::string ByteTokenizer::decode(const std::vector<std::int64_t>& ids) const {
  std::string text;
  text.reserve(ids.size());
  for (const auto id : ids) text += checked_piece(pieces(), id);
  return text;
}

Json ByteTokenizer::to_json() const {
  const auto byte_level = [](bool word_options) {
    return Json{{"type", "ByteLevel"},
                {"add_prefix_space", word_options},
                {"trim_offsets", true},
                {"use_regex", word_options}};
  };
  // Decoding uses none of the options; these are the ones Hugging Face writes.
  return tokenizer_json(alphabet_tokens(), nullptr, byte_level(false), byte_level(true));
}

}  // namespace candor
