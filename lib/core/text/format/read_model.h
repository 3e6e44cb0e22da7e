// SPDX-License-Identifier: Apache-2.0
// The model of a tokenizer.json: BPE or Unigram.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/text/format/json_node.h"
#include "core/text/subword/subword_model.h"

namespace candor {

// Every code point and one more.
inline constexpr std::size_t kMostTokens = 0x110001;

struct ModelVocabulary {
  std::vector<std::string> tokens;  // by id, as the file writes them; empty where an id is missing
};

// Reads /model/vocab. `node` is /model.
ModelVocabulary read_vocabulary(const JsonNode& node);

struct ReadModel {
  std::unique_ptr<SubwordModel> model;
  std::function<Json()> write;  // gives /model back
};

// `special` by id: tokens that must not come out of a text. `bytes`: words reach the model as
// bytes, which its tokens write in the GPT-2 alphabet.
ReadModel read_model(const JsonNode& node, const ModelVocabulary& vocabulary,
                     const std::vector<bool>& special, bool bytes);

}  // namespace candor
