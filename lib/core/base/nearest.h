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

}  // namespace candor
