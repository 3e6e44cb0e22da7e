// SPDX-License-Identifier: Apache-2.0
// Regular expressions of a tokenizer.json (PCRE2), as Oniguruma understands them in Hugging Face
// tokenizers. Only what means the same to both is accepted: literals, classes, \p{..}, \s \S \w \W
// \d \D, groups, alternatives, quantifiers, look-around. Classes of characters are written out as
// ranges of our own table, since the Unicode versions of the two differ.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/text/split/matcher.h"

namespace candor {

// Throws std::invalid_argument with what is wrong. Finding throws Error{model} when a text needs
// more than 10 million steps.
std::unique_ptr<Matcher> match_expression(std::string_view expression);

// The expression for PCRE2. Throws std::invalid_argument.
std::string translate_expression(std::string_view expression);

}  // namespace candor
