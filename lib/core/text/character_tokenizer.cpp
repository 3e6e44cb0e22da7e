// SPDX-License-Identifier: Apache-2.0
#include "core/text/character_tokenizer.h"

#include <algorithm>

#include <candor/error.h>

#include "core/base/utf8.h"
#include "core/text/token_table.h"

namespace candor {
namespace {

constexpr std::uint32_t kCodePoints = 0x110000;
constexpr std::uint32_t kPageSize = 256;
constexpr std::int32_t kUnknown = 0;
constexpr const char* kUnknownToken = "<unk>";

}  // namespace

CharacterTokenizer::CharacterTokenizer()
    : pieces_(1), page_of_(kCodePoints / kPageSize, 0), ids_(kPageSize, kUnknown) {}

void CharacterTokenizer::add(std::uint32_t code_point) {
  auto& page = page_of_[code_point / kPageSize];
  if (page == 0) {
    page = static_cast<std::uint16_t>(ids_.size() / kPageSize);
    ids_.resize(ids_.size() + kPageSize, kUnknown);
  }
  ids_[page * kPageSize + code_point % kPageSize] = static_cast<std::int32_t>(pieces_.size());
  append_code_point(code_point, pieces_.emplace_back());
}

CharacterTrainer::CharacterTrainer() : seen_(kCodePoints) {}

void CharacterTrainer::add(std::string_view text) {
  if (const auto bad = find_invalid_utf8(text)) {
    throw Error(ErrorKind::data, "the training text is not valid UTF-8 at byte " +
                                     std::to_string(bytes_ + *bad) +
                                     "; convert it, or set data.tokenizer.type to bytes");
  }
  bytes_ += text.size();
  while (!text.empty()) {
    const auto point = read_code_point(text);
    seen_[point.value] = true;
    text.remove_prefix(point.length);
  }
}

std::unique_ptr<Tokenizer> CharacterTrainer::finish() {
  if (bytes_ == 0) throw Error(ErrorKind::data, "the training text is empty");
  std::unique_ptr<CharacterTokenizer> tokenizer(new CharacterTokenizer);
  for (std::uint32_t value = 0; value < kCodePoints; ++value) {
    if (seen_[value]) tokenizer->add(value);
  }
  return tokenizer;
}

bool CharacterTokenizer::fits(const std::vector<std::string>& tokens, const Json& model) {
  if (model.value("unk_token", Json()) != Json(kUnknownToken) || tokens[0] != kUnknownToken) {
    return false;
  }
  return std::all_of(tokens.begin() + 1, tokens.end(), [](const auto& token) {
    return !token.empty() && read_code_point(token).length == token.size();
  });
}

CharacterTokenizer::CharacterTokenizer(const std::vector<std::string>& tokens)
    : CharacterTokenizer() {
  for (std::size_t id = 1; id < tokens.size(); ++id) add(read_code_point(tokens[id]).value);
}

std::vector<std::int64_t> CharacterTokenizer::encode(std::string_view text,
                                                     const EncodeOptions&) const {
  std::vector<std::int64_t> ids;
  ids.reserve(text.size());
  while (!text.empty()) {
    const auto point = read_code_point(text);
    const auto page = page_of_[point.value / kPageSize];
    ids.push_back(point.length == 0 ? kUnknown : ids_[page * kPageSize + point.value % kPageSize]);
    text.remove_prefix(point.length == 0 ? 1 : point.length);
  }
  return ids;
}

std::string CharacterTokenizer::piece(std::int64_t id) const { return checked_piece(pieces_, id); }

std::string CharacterTokenizer::token(std::int64_t id) const {
  return id == kUnknown ? kUnknownToken : piece(id);
}

std::string CharacterTokenizer::decode(const std::vector<std::int64_t>& ids) const {
  std::string text;
  for (const auto id : ids) text += checked_piece(pieces_, id);
  return text;
}

Json CharacterTokenizer::to_json() const {
  auto tokens = pieces_;
  tokens[kUnknown] = kUnknownToken;
  return tokenizer_json(tokens, Json(kUnknownToken), nullptr, {{"type", "Fuse"}});
}

}  // namespace candor
