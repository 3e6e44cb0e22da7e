// SPDX-License-Identifier: Apache-2.0
// Which of two classes a score speaks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace candor {

// The 1 of 0 and 1 (or -1 and 1), the true of false and true, the yes of no and yes, and so on;
// nothing for other pairs.
std::optional<std::string> plain_positive(const std::vector<std::string>& classes);

// Both classes, the positive one last. `found` are one or two labels of the file. Throws
// Error{config} when `positive` is not among them, and when it is needed and not given.
std::vector<std::string> two_classes(const std::vector<std::string>& found,
                                     const std::optional<std::string>& positive,
                                     const std::string& path);

[[noreturn]] void refuse_positive(const std::string& positive,
                                  const std::vector<std::string>& classes, const std::string& path);

// Text of a user's file in a message: quoted, short, and no control characters.
std::string in_quotes(const std::string& text);

}  // namespace candor
