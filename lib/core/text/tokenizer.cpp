// SPDX-License-Identifier: Apache-2.0
#include "core/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/base/utf8.h"
#include "core/text/byte_tokenizer.h"
#include "core/text/character_tokenizer.h"
#include "core/text/format/read_model.h"
#include "core/text/format/read_tokenizer.h"
#include "core/text/format/train_subword.h"

namespace candor {
namespace {

// Of a tokenizer.json: a million tokens and their merges.
constexpr std::size_t kLargestFile = 512u << 20;

// Absent counts as null, as in Hugging Face's own reader.
bool is_null(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null();
}

bool is_empty(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || (found->is_array() && found->empty());
}

bool is_type(const Json& json, const char* key, const char* type) {
  const auto found = json.find(key);
  return found != json.end() && found->is_object() && found->value("type", Json()) == Json(type);
}

// Nothing but a table of single characters: what the two simple tokenizers are to Hugging Face.
bool is_plain_table(const Json& json) {
  for (const char* key : {"normalizer", "post_processor", "truncation", "padding"}) {
    if (!is_null(json, key)) return false;
  }
  if (!is_empty(json, "added_tokens") || !is_type(json, "model", "BPE")) return false;
  const auto& model = json.at("model");
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!is_null(model, key)) return false;
  }
  for (const char* key : {"fuse_unk", "byte_fallback", "ignore_merges"}) {
    if (model.value(key, Json(false)) != Json(false)) return false;
  }
  return model.contains("merges") && is_empty(model, "merges");
}

bool is_bytes(const Json& json) {
  if (!is_type(json, "pre_tokenizer", "ByteLevel") || !is_type(json, "decoder", "ByteLevel")) {
    return false;
  }
  const auto& cut = json.at("pre_tokenizer");
  return cut.value("add_prefix_space", Json()) == Json(false) &&
         cut.value("use_regex", Json()) == Json(false) && is_null(json.at("model"), "unk_token");
}

bool is_characters(const Json& json) {
  return is_null(json, "pre_tokenizer") && is_type(json, "decoder", "Fuse");
}

class FileTrainer final : public TokenizerTrainer {
 public:
  explicit FileTrainer(std::string path) : path_(std::move(path)) {}
  void add(std::string_view) override {}
  std::unique_ptr<Tokenizer> finish() override { return load_tokenizer_file(path_); }

 private:
  std::string path_;
};

}  // namespace

bool Tokenizer::special(std::int64_t) const { return false; }

// For tokenizers with one token per piece of the text: an unknown token stands for one character.
std::vector<TokenSpan> Tokenizer::encode_spans(std::string_view text,
                                               const EncodeOptions& options) const {
  std::vector<TokenSpan> spans;
  std::size_t at = 0;
  for (const auto id : encode(text, options)) {
    auto length = piece(id).size();
    if (length == 0) length = std::max<std::size_t>(1, read_code_point(text.substr(at)).length);
    spans.push_back({id, at, at + length});
    at += length;
  }
  return spans;
}

std::size_t last_cut(std::string_view text) {
  for (auto at = text.rfind(' '); at != std::string_view::npos && at > 0;
       at = text.rfind(' ', at - 1)) {
    if (text[at - 1] > ' ' && text[at - 1] < '\x7F') return at;
  }
  return text.rfind('\n') + 1;  // npos + 1 is 0
}

std::unique_ptr<TokenizerTrainer> make_tokenizer_trainer(const TokenizerConfig& config) {
  switch (config.type) {
    case TokenizerType::characters: return std::make_unique<CharacterTrainer>();
    case TokenizerType::bytes: return std::make_unique<ByteTrainer>();
    case TokenizerType::bpe:
    case TokenizerType::unigram: return make_subword_trainer(config);
    case TokenizerType::file: return std::make_unique<FileTrainer>(config.file.value_or(""));
  }
  throw Error(ErrorKind::config, "data.tokenizer.type is not one that is known");
}

std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, std::string_view text) {
  const auto trainer = make_tokenizer_trainer(config);
  trainer->add(text);
  return trainer->finish();
}

std::unique_ptr<Tokenizer> load_tokenizer(const Json& json) {
  if (json.is_object() && is_plain_table(json)) {
    const auto tokens = read_vocabulary(JsonNode(json)["model"]).tokens;
    if (is_bytes(json) && ByteTokenizer::fits(tokens)) return std::make_unique<ByteTokenizer>();
    if (is_characters(json) && CharacterTokenizer::fits(tokens, json.at("model"))) {
      return std::make_unique<CharacterTokenizer>(tokens);
    }
  }
  return read_tokenizer(json);
}

JsonLimits tokenizer_json_limits() {
  JsonLimits limits;
  limits.max_bytes = kLargestFile;
  return limits;
}

std::unique_ptr<Tokenizer> load_tokenizer_file(const std::string& path) {
  const auto json = parse_json_file(path, ErrorKind::model, tokenizer_json_limits());
  try {
    return load_tokenizer(json);
  } catch (const Error& error) {
    throw Error(error.kind(), path + ": " + error.what());
  }
}

}  // namespace candor
