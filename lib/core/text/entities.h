// SPDX-License-Identifier: Apache-2.0
// Character entities of HTML 4 and XML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace candor {

// `text` begins with `&`. Appends the character of the entity there and returns its length; appends
// nothing and returns 0 where none is. Numbers that are no character become U+FFFD; 128 to 159 mean
// windows-1252, as browsers read them.
std::size_t read_entity(std::string_view text, std::string& out);

}  // namespace candor
