// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_table.h"

#include <candor/error.h>

#include <utility>

namespace candor {

const std::string& checked_piece(const std::vector<std::string>& pieces, std::int64_t id) {
  if (id < 0 || id >= static_cast<std::int64_t>(pieces.size())) {
    throw Error(ErrorKind::failed, "token id " + std::to_string(id) +
                                       " is outside the vocabulary of " +
                                       std::to_string(pieces.size()));
  }
  return pieces[static_cast<std::size_t>(id)];
}

Json tokenizer_json(const std::vector<std::string>& tokens, const Json& unknown_token,
                    const Json& pre_tokenizer, const Json& decoder) {
  // ordered_json looks a key up by walking all before it: fill its vector, whose keys differ
  // anyway.
  Json::object_t vocab;
  vocab.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    static_cast<Json::object_t::Container&>(vocab).emplace_back(tokens[id], id);
  }
  Json model;
  model["type"] = "BPE";
  model["dropout"] = nullptr;
  model["unk_token"] = unknown_token;
  model["continuing_subword_prefix"] = nullptr;
  model["end_of_word_suffix"] = nullptr;
  model["fuse_unk"] = false;
  model["byte_fallback"] = false;
  model["ignore_merges"] = false;
  model["vocab"] = std::move(vocab);
  model["merges"] = Json::array();

  Json json;
  json["version"] = "1.0";
  json["truncation"] = nullptr;
  json["padding"] = nullptr;
  json["added_tokens"] = Json::array();
  json["normalizer"] = nullptr;
  json["pre_tokenizer"] = pre_tokenizer;
  json["post_processor"] = nullptr;
  json["decoder"] = decoder;
  json["model"] = std::move(model);
  return json;
}

}  // namespace candor
