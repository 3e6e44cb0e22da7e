// SPDX-License-Identifier: Apache-2.0
#include "core/table/boolean_word.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"

namespace candor {
namespace {

// Each pair begins with what is true.
constexpr std::array<std::string_view, 10> kWords = {"true", "false", "yes", "no", "t",
                                                     "f",    "y",     "n",   "on", "off"};
constexpr std::size_t kLongest = 5;

bool same_word(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

}  // namespace

std::optional<BooleanWord> boolean_word(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (same_word(text, kWords[i])) return BooleanWord{i % 2 == 0, i / 2};
  }
  return std::nullopt;
}

}  // namespace candor
