// SPDX-License-Identifier: Apache-2.0
#include "core/text/tokenizer.h"

#include <candor/error.h>

#include "core/text/byte_tokenizer.h"
#include "core/text/character_tokenizer.h"

namespace candor {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::model, "tokenizer.json: " + what);
}

// Absent counts as null, as in Hugging Face's own reader.
bool is_null(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null();
}

std::string type_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return "";
  const auto type = found->find("type");
  return type != found->end() && type->is_string() ? type->get<std::string>() : "";
}

// Parts of the format that candor's tokenizers do not have; ignoring them would change ids.
void check_unused(const Json& json) {
  for (const char* key : {"normalizer", "post_processor", "truncation", "padding"}) {
    if (!is_null(json, key)) refuse(std::string("/") + key + ": expected null");
  }
  const auto added = json.find("added_tokens");
  if (added != json.end() && !(added->is_array() && added->empty())) {
    refuse("/added_tokens: expected an empty array");
  }
}

void check_byte_level(const Json& json, const char* key) {
  const auto& part = json.at(key);
  for (const char* option : {"add_prefix_space", "use_regex"}) {
    const auto found = part.find(option);
    if (found == part.end() || *found != Json(false)) {
      refuse(std::string("/") + key + "/" + option + ": expected false");
    }
  }
}

const Json& checked_model(const Json& json) {
  if (type_of(json, "model") != "BPE") refuse("/model/type: expected BPE");
  const auto& model = json.at("model");
  const auto merges = model.find("merges");
  if (merges == model.end() || !merges->is_array() || !merges->empty()) {
    refuse("/model/merges: expected an empty array");
  }
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!is_null(model, key)) refuse(std::string("/model/") + key + ": expected null");
  }
  for (const char* key : {"fuse_unk", "byte_fallback", "ignore_merges"}) {
    const auto found = model.find(key);
    if (found != model.end() && *found != Json(false)) {
      refuse(std::string("/model/") + key + ": expected false");
    }
  }
  return model;
}

constexpr std::int64_t kMostTokens = 0x110001;  // every code point and the unknown token

// Tokens in the order of their ids, which are 0 to n - 1, each once.
std::vector<std::string> checked_vocabulary(const Json& model) {
  const auto vocab = model.find("vocab");
  if (vocab == model.end() || !vocab->is_object()) refuse("/model/vocab: expected an object");
  const auto size = static_cast<std::int64_t>(vocab->size());
  if (size == 0 || size > kMostTokens) {
    refuse("/model/vocab: " + std::to_string(size) + " tokens; 1 to " +
           std::to_string(kMostTokens) + " are allowed");
  }
  std::vector<std::string> tokens(vocab->size());
  for (const auto& [token, id] : vocab->items()) {
    // A parser makes non-negative integers unsigned, a program may have made them signed.
    const auto number = id.is_number_integer() ? id.get<std::int64_t>() : -1;
    if (number < 0 || number >= size) {
      refuse("/model/vocab: expected ids from 0 to " + std::to_string(size - 1));
    }
    auto& slot = tokens[static_cast<std::size_t>(number)];
    if (token.empty() || !slot.empty()) refuse("/model/vocab: an empty token, or an id twice");
    slot = token;
  }
  return tokens;
}

}  // namespace

bool Tokenizer::special(std::int64_t) const { return false; }

std::unique_ptr<TokenizerTrainer> make_tokenizer_trainer(const TokenizerConfig& config) {
  switch (config.type) {
    case TokenizerType::characters: return std::make_unique<CharacterTrainer>();
    case TokenizerType::bytes: return std::make_unique<ByteTrainer>();
  }
  throw Error(ErrorKind::config, "data.tokenizer.type: expected characters or bytes");
}

std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, std::string_view text) {
  const auto trainer = make_tokenizer_trainer(config);
  trainer->add(text);
  return trainer->finish();
}

// What tells the two apart is the pre-tokenizer: none, or the byte alphabet.
std::unique_ptr<Tokenizer> load_tokenizer(const Json& json) {
  if (!json.is_object()) refuse("expected an object");
  check_unused(json);
  const auto& model = checked_model(json);
  const auto tokens = checked_vocabulary(model);
  if (is_null(json, "pre_tokenizer") && type_of(json, "decoder") == "Fuse") {
    return CharacterTokenizer::load(tokens, model);
  }
  if (type_of(json, "pre_tokenizer") == "ByteLevel" && type_of(json, "decoder") == "ByteLevel") {
    check_byte_level(json, "pre_tokenizer");
    return ByteTokenizer::load(tokens);
  }
  refuse(
      "/pre_tokenizer and /decoder: expected null and Fuse (characters), or ByteLevel and "
      "ByteLevel (bytes)");
}

}  // namespace candor
