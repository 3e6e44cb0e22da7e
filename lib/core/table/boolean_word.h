// SPDX-License-Identifier: Apache-2.0
// The words that stand for true and false.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace candor {

struct BooleanWord {
  bool value = false;
  std::size_t pair = 0;  // true/false, yes/no, t/f, y/n, on/off
};

// In any case (of ASCII letters); nothing for any other text.
std::optional<BooleanWord> boolean_word(std::string_view text);

}  // namespace candor
