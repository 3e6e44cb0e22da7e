// SPDX-License-Identifier: Apache-2.0
// What a terminal or a page may be shown of a text that comes from a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <candor/log.h>

namespace candor {

// Whether a code point moves the cursor, changes the direction of writing, or hides there: controls
// (C0 with tab and line feed, DEL, C1), zero-width spaces and marks of direction, line and
// paragraph separators, tags. Not all that is invisible is among them: joiners, variation selectors
// and fillers belong to scripts.
bool is_hidden(std::uint32_t code_point);

// printable(), with line breaks and tabs as `?` too: a name that cannot begin a line of its own.
std::string one_line(std::string_view text);

}  // namespace candor
