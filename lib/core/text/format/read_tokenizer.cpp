// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/read_tokenizer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/text/format/pipeline_tokenizer.h"
#include "core/text/format/read_model.h"
#include "core/text/format/read_steps.h"

namespace candor {
namespace {

// Ids of a model's tokens by text, for added tokens that are the model's own.
using Known = std::unordered_map<std::string, std::size_t>;

Known known_tokens(const std::vector<std::string>& tokens) {
  Known known;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!tokens[id].empty()) known[tokens[id]] = id;
  }
  return known;
}

AddedToken read_added(const JsonNode& node) {
  AddedToken token;
  token.id = static_cast<std::uint32_t>(node["id"].whole(kMostTokens - 1));
  token.content = node["content"].text();
  if (token.content.empty() || token.content.size() > AddedTokenFinder::kLongest) {
    node["content"].refuse("expected 1 to " + std::to_string(AddedTokenFinder::kLongest) +
                           " bytes");
  }
  if (node["single_word"].flag_or(false)) node["single_word"].refuse("expected false");
  token.left_strip = node["lstrip"].flag_or(false);
  token.right_strip = node["rstrip"].flag_or(false);
  token.normalized = node["normalized"].flag_or(true);
  token.special = node["special"].flag_or(false);
  return token;
}

// An added token has the id of the model's token of that text, or else the next free one, as
// Hugging Face gives it.
void place(const JsonNode& node, const AddedToken& token, const Known& known,
           std::vector<std::string>& tokens) {
  const auto own = known.find(token.content);
  const auto expected = own == known.end() ? tokens.size() : own->second;
  if (token.id != expected) node["id"].refuse("expected " + std::to_string(expected));
  if (own == known.end()) tokens.push_back(token.content);
}

void check_complete(const JsonNode& vocab, const std::vector<std::string>& tokens) {
  const auto hole = std::find(tokens.begin(), tokens.end(), "");
  if (hole == tokens.end()) return;
  vocab.refuse("no token has id " + std::to_string(hole - tokens.begin()) +
               ", but later ones exist");
}

std::vector<bool> special_ids(const TokenizerParts& parts) {
  std::vector<bool> special(parts.tokens.size());
  for (const auto& token : parts.added) {
    if (token.special) special[token.id] = true;
  }
  return special;
}

void read_added_tokens(const JsonNode& root, TokenizerParts& parts) {
  const auto list = root["added_tokens"];
  if (list.is_null()) return;
  const auto known = known_tokens(parts.tokens);
  Known contents;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto token = read_added(list.at(i));
    if (!contents.emplace(token.content, i).second) list.at(i).refuse("stands twice");
    place(list.at(i), token, known, parts.tokens);
    parts.added.push_back(std::move(token));
  }
}

}  // namespace

std::unique_ptr<Tokenizer> read_tokenizer(const Json& json) {
  const JsonNode root(json);
  for (const char* key : {"truncation", "padding"}) {
    if (!root[key].is_null()) root[key].refuse("expected null");
  }
  const auto vocabulary = read_vocabulary(root["model"]);
  check_complete(root["model"]["vocab"], vocabulary.tokens);
  TokenizerParts parts;
  parts.tokens = vocabulary.tokens;
  read_added_tokens(root, parts);
  parts.normalizer = read_normalizer(root["normalizer"]);
  auto pre_tokenizer = read_pre_tokenizer(root["pre_tokenizer"]);
  parts.pre_tokenizer = std::move(pre_tokenizer.steps);
  parts.decoder = read_decoder(root["decoder"]);
  auto around = read_post_processor(root["post_processor"], parts.tokens.size());
  parts.before = std::move(around.before);
  parts.after = std::move(around.after);
  auto model = read_model(root["model"], vocabulary, special_ids(parts), pre_tokenizer.bytes);
  parts.model = std::move(model.model);
  parts.write_model = std::move(model.write);
  for (const auto& [key, value] : json.items()) {
    if (key != "model") parts.json[key] = value;
  }
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace candor
