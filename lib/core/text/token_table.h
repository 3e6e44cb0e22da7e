// SPDX-License-Identifier: Apache-2.0
// What tokenizers with a plain table of tokens share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace candor {

// pieces[id]. Throws Error{failed} when no such id exists: ids come from a model of this
// vocabulary.
const std::string& checked_piece(const std::vector<std::string>& pieces, std::int64_t id);

// A Hugging Face `tokenizer.json` of a BPE model without merges; `tokens` by id.
Json tokenizer_json(const std::vector<std::string>& tokens, const Json& unknown_token,
                    const Json& pre_tokenizer, const Json& decoder);

}  // namespace candor
