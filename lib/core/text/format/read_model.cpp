// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/read_model.h"

#include <algorithm>
#include <utility>

#include "core/text/subword/bpe_model.h"
#include "core/text/subword/byte_alphabet.h"
#include "core/text/subword/byte_tokens.h"
#include "core/text/subword/unigram_model.h"

namespace candor {
namespace {

// So that a text costs no more than its length times this.
constexpr std::size_t kLongestPiece = 4096;

void check_count(const JsonNode& vocab, std::size_t count) {
  if (count > 0 && count <= kMostTokens) return;
  vocab.refuse(std::to_string(count) + " tokens; 1 to " + std::to_string(kMostTokens) +
               " are allowed");
}

ModelVocabulary read_bpe_vocabulary(const JsonNode& vocab) {
  if (!vocab.json().is_object()) vocab.refuse("expected an object");
  check_count(vocab, vocab.json().size());
  ModelVocabulary result;
  for (const auto& [token, id] : vocab.json().items()) {
    const bool whole = id.is_number_integer() && id.template get<std::int64_t>() >= 0 &&
                       id.template get<std::int64_t>() < static_cast<std::int64_t>(kMostTokens);
    if (!whole) vocab.refuse("expected ids from 0 to " + std::to_string(kMostTokens - 1));
    const auto place = id.template get<std::size_t>();
    if (place >= result.tokens.size()) result.tokens.resize(place + 1);
    if (token.empty() || !result.tokens[place].empty()) {
      vocab.refuse("an empty token, or an id twice");
    }
    result.tokens[place] = token;
  }
  return result;
}

ModelVocabulary read_unigram_vocabulary(const JsonNode& vocab) {
  check_count(vocab, vocab.size());
  ModelVocabulary result;
  for (std::size_t id = 0; id < vocab.size(); ++id) {
    const auto entry = vocab.at(id);
    if (entry.size() != 2) entry.refuse("expected a token and its score");
    auto token = entry.at(0).text();
    if (token.empty() || token.size() > kLongestPiece) {
      entry.refuse("a token has 1 to " + std::to_string(kLongestPiece) + " bytes");
    }
    result.tokens.push_back(std::move(token));
  }
  return result;
}

bool has_all_bytes(const TokenMap& tokens) {
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    if (tokens.find({&text, 1}) == TokenMap::kNone) return false;
  }
  return true;
}

// Tokens as the model is to find them in words: as bytes where it sees bytes, and empty where they
// must not be found.
std::vector<std::string> findable(const JsonNode& node, const std::vector<std::string>& tokens,
                                  const std::vector<bool>& special, bool bytes, bool fallback) {
  auto result = tokens;
  for (std::size_t id = 0; id < result.size(); ++id) {
    if (bytes) result[id] = bytes_of_alphabet(result[id]).value_or("");
    if (!special[id] || (fallback && byte_of_token(tokens[id]))) continue;
    if (bytes && result[id].size() == 1) {
      node["vocab"].refuse("token " + std::to_string(id) +
                           " is special and stands for a byte of every text; one of them must go");
    }
    result[id].clear();
  }
  return result;
}

class BpeReader {
 public:
  BpeReader(const JsonNode& node, const ModelVocabulary& vocabulary,
            const std::vector<bool>& special, bool bytes)
      : node_(node),
        tokens_(vocabulary.tokens),
        special_(special),
        bytes_(bytes),
        ids_(vocabulary.tokens) {}

  ReadModel read() {
    check_dropout();
    read_options();
    read_merges();
    const auto shown = findable(node_, tokens_, special_, bytes_, options_.byte_fallback);
    if (bytes_ && options_.byte_fallback && !has_all_bytes(TokenMap(shown))) {
      node_["byte_fallback"].refuse("expected false: the pre-tokenizer works on bytes already");
    }
    auto model = std::make_unique<BpeModel>(shown, usable_merges(), options_);
    return {std::move(model), [head = head(), tokens = tokens_, merges = merges_] {
              return write(head, tokens, merges);
            }};
  }

 private:
  void check_dropout() const {
    const auto dropout = node_["dropout"];
    if (!dropout.is_null() && dropout.number() != 0.0) {
      dropout.refuse("expected null: the same text always gives the same tokens");
    }
  }

  std::string affix(const char* key) const {
    const auto value = node_[key];
    if (value.is_null()) return "";
    if (!bytes_) return value.text();
    const auto text = bytes_of_alphabet(value.text());
    if (!text) value.refuse("expected characters of the byte alphabet");
    return *text;
  }

  void read_options() {
    options_.bytes = bytes_;
    options_.fuse_unknown = node_["fuse_unk"].flag_or(false);
    options_.byte_fallback = node_["byte_fallback"].flag_or(false);
    options_.ignore_merges = node_["ignore_merges"].flag_or(false);
    options_.prefix = affix("continuing_subword_prefix");
    options_.suffix = affix("end_of_word_suffix");
    const auto unknown = node_["unk_token"];
    if (unknown.is_null()) return;
    const auto id = ids_.find(unknown.text());
    if (id == TokenMap::kNone) unknown.refuse("expected a token of /model/vocab");
    options_.unknown = static_cast<std::uint32_t>(id);
  }

  std::uint32_t known(const JsonNode& merge, std::string_view token) const {
    const auto id = ids_.find(token);
    if (id == TokenMap::kNone) merge.refuse("names a token that /model/vocab lacks");
    return static_cast<std::uint32_t>(id);
  }

  static std::pair<std::string, std::string> halves(const JsonNode& merge) {
    if (merge.json().is_array()) {
      if (merge.size() != 2) merge.refuse("expected two tokens");
      return {merge.at(0).text(), merge.at(1).text()};
    }
    const auto line = merge.text();
    const auto blank = line.find(' ');
    if (blank == std::string::npos || line.find(' ', blank + 1) != std::string::npos) {
      merge.refuse("expected two tokens with one blank between them");
    }
    return {line.substr(0, blank), line.substr(blank + 1)};
  }

  void read_merges() {
    const auto merges = node_["merges"];
    const auto prefix = node_["continuing_subword_prefix"];
    const auto skipped = prefix.is_null() ? 0 : prefix.text().size();
    for (std::size_t i = 0; i < merges.size(); ++i) {
      const auto merge = merges.at(i);
      if (merge.json().is_string() && merge.text().starts_with("#version")) continue;
      const auto [left, right] = halves(merge);
      if (right.size() < skipped) merge.refuse("the right token lacks the prefix");
      merges_.push_back(
          {known(merge, left), known(merge, right), known(merge, left + right.substr(skipped))});
    }
  }

  // Without those that would build a special token.
  std::vector<BpeMerge> usable_merges() const {
    auto merges = merges_;
    std::erase_if(merges, [&](const auto& merge) { return special_[merge.whole]; });
    return merges;
  }

  // /model up to its lists.
  Json head() const {
    Json json;
    json["type"] = "BPE";
    for (const char* key :
         {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"}) {
      json[key] = node_[key].json();
    }
    json["fuse_unk"] = options_.fuse_unknown;
    json["byte_fallback"] = options_.byte_fallback;
    json["ignore_merges"] = options_.ignore_merges;
    return json;
  }

  static Json write(Json json, const std::vector<std::string>& tokens,
                    const std::vector<BpeMerge>& merges) {
    // ordered_json looks a key up by walking all before it: fill its vector, whose keys differ
    // anyway.
    Json::object_t vocab;
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (tokens[id].empty()) continue;
      static_cast<Json::object_t::Container&>(vocab).emplace_back(tokens[id], id);
    }
    json["vocab"] = std::move(vocab);
    auto& list = json["merges"] = Json::array();
    for (const auto& merge : merges) {
      list.push_back(Json::array({tokens[merge.left], tokens[merge.right]}));
    }
    return json;
  }

  const JsonNode& node_;
  const std::vector<std::string>& tokens_;
  const std::vector<bool>& special_;
  bool bytes_;
  TokenMap ids_;
  BpeOptions options_;
  std::vector<BpeMerge> merges_;
};

ReadModel read_unigram(const JsonNode& node, const ModelVocabulary& vocabulary,
                       const std::vector<bool>& special, bool bytes) {
  UnigramOptions options;
  options.bytes = bytes;
  options.byte_fallback = node["byte_fallback"].flag_or(false);
  std::vector<double> scores;
  const auto vocab = node["vocab"];
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    scores.push_back(vocab.at(id).at(1).number());
  }
  const auto shown = findable(node, vocabulary.tokens, special, bytes, options.byte_fallback);
  const bool complete = bytes && has_all_bytes(TokenMap(shown));
  const auto unknown = node["unk_id"];
  if (!unknown.is_null()) {
    options.unknown = static_cast<std::uint32_t>(unknown.whole(vocabulary.tokens.size() - 1));
  } else if (!complete) {
    unknown.refuse("expected the id of a token for unknown characters");
  }
  if (bytes && options.byte_fallback && !complete) {
    node["byte_fallback"].refuse("expected false: the pre-tokenizer works on bytes already");
  }
  Json head;
  head["type"] = "Unigram";
  head["unk_id"] = unknown.json();
  return {std::make_unique<UnigramModel>(shown, scores, options),
          [head, tokens = vocabulary.tokens, scores, fallback = options.byte_fallback] {
            auto json = head;
            auto& list = json["vocab"] = Json::array();
            for (std::size_t id = 0; id < scores.size(); ++id) {
              list.push_back(Json::array({tokens[id], scores[id]}));
            }
            json["byte_fallback"] = fallback;
            return json;
          }};
}

std::string checked_type(const JsonNode& node) {
  const auto type = node.type();
  if (type != "BPE" && type != "Unigram") node["type"].refuse("expected BPE or Unigram");
  return type;
}

}  // namespace

ModelVocabulary read_vocabulary(const JsonNode& node) {
  const auto vocab = node["vocab"];
  return checked_type(node) == "BPE" ? read_bpe_vocabulary(vocab) : read_unigram_vocabulary(vocab);
}

ReadModel read_model(const JsonNode& node, const ModelVocabulary& vocabulary,
                     const std::vector<bool>& special, bool bytes) {
  if (checked_type(node) == "BPE") return BpeReader(node, vocabulary, special, bytes).read();
  return read_unigram(node, vocabulary, special, bytes);
}

}  // namespace candor
