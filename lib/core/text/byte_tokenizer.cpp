// SPDX-License-Identifier: Apache-2.0
#include "core/text/byte_tokenizer.h"

#include <candor/error.h>

#include "core/base/utf8.h"
#include "core/text/token_table.h"

namespace candor {
namespace {

constexpr std::uint32_t kBytes = 256;

// Bytes that are printable, non-blank Latin-1 characters stand for themselves in the GPT-2
// alphabet.
bool stands_for_itself(std::uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

// The others become U+0100, U+0101, ... in byte order.
std::vector<std::string> byte_alphabet() {
  std::vector<std::string> alphabet(kBytes);
  std::uint32_t next = 0x100;
  for (std::uint32_t byte = 0; byte < kBytes; ++byte) {
    append_code_point(stands_for_itself(byte) ? byte : next++, alphabet[byte]);
  }
  return alphabet;
}

std::vector<std::string> single_bytes() {
  std::vector<std::string> pieces;
  for (std::uint32_t byte = 0; byte < kBytes; ++byte) {
    pieces.emplace_back(1, static_cast<char>(byte));
  }
  return pieces;
}

const std::vector<std::string>& pieces() {
  static const auto kPieces = single_bytes();
  return kPieces;
}

}  // namespace

std::unique_ptr<Tokenizer> ByteTokenizer::load(const std::vector<std::string>& tokens) {
  if (tokens != byte_alphabet()) {
    throw Error(
        ErrorKind::model,
        "tokenizer.json: /model/vocab: expected the 256 characters of the byte alphabet, each "
        "with its byte's value as id");
  }
  return std::make_unique<ByteTokenizer>();
}

std::vector<std::int64_t> ByteTokenizer::encode(std::string_view text, const EncodeOptions&) const {
  std::vector<std::int64_t> ids(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) ids[i] = static_cast<unsigned char>(text[i]);
  return ids;
}

std::string ByteTokenizer::piece(std::int64_t id) const { return checked_piece(pieces(), id); }

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
  return tokenizer_json(byte_alphabet(), nullptr, byte_level(false), byte_level(true));
}

}  // namespace candor
