// SPDX-License-Identifier: Apache-2.0
// "did you mean": the allowed name closest to what was written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <candor/api.h>

namespace candor {

// The candidate with the smallest edit distance to `name` (Damerau-Levenshtein, case-insensitive),
// at most a third of the longer length, rounded up; else one that begins or ends as `name` does.
CANDOR_API std::optional<std::string> nearest_name(std::string_view name,
                                                   const std::vector<std::string>& candidates);

}  // namespace candor
