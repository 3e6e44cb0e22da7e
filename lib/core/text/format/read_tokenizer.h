// SPDX-License-Identifier: Apache-2.0
// A Hugging Face tokenizer.json of any kind that candor can honour exactly.
#pragma once

#include <memory>

#include "core/text/tokenizer.h"

namespace candor {

// Throws Error{model} with the JSON pointer of what is wrong or not supported.
std::unique_ptr<Tokenizer> read_tokenizer(const Json& json);

}  // namespace candor
