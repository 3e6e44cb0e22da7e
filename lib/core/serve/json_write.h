// SPDX-License-Identifier: Apache-2.0
// JSON answers appended by hand: the hot path builds no tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace candor {

// With quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);
// Shortest text that reads back as the same double; null where it is not finite.
void append_json_number(std::string& out, double value);
// [0.25,0.75]
void append_json_numbers(std::string& out, const std::vector<float>& values);

}  // namespace candor
