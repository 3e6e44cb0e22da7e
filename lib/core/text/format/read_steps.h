// SPDX-License-Identifier: Apache-2.0
// The parts of a tokenizer.json around its model. Each throws Error{model}, with the JSON pointer,
// for what candor would not do exactly as Hugging Face tokenizers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/text/format/decoder.h"
#include "core/text/format/json_node.h"
#include "core/text/format/text_normalizer.h"
#include "core/text/split/pre_tokenizer.h"

namespace candor {

TextNormalizer read_normalizer(const JsonNode& node);

struct ReadPreTokenizer {
  PreTokenizer steps;
  bool bytes = false;  // words go to the model as bytes
};
ReadPreTokenizer read_pre_tokenizer(const JsonNode& node);

TokenDecoder read_decoder(const JsonNode& node);

struct Template {
  std::vector<std::int64_t> before, after;
};
// Ids are below `size`.
Template read_post_processor(const JsonNode& node, std::size_t size);

}  // namespace candor
