// SPDX-License-Identifier: Apache-2.0
// Lists of names for messages, and "did you mean".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <candor/nearest.h>

namespace candor {

// "a, b, c" for messages.
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

// The `most` candidates with the smallest edit distance to `name`, nearest first.
std::vector<std::string> nearest_names(const std::string& name, std::vector<std::string> candidates,
                                       std::size_t most);

}  // namespace candor
