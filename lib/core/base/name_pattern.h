// SPDX-License-Identifier: Apache-2.0
// Patterns of names, as train.parameters and train.init_from.new have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace candor {

// '*' stands for any characters, dots and none at all included; every other one for itself.
bool fits_pattern(std::string_view pattern, std::string_view name);

// Whether `name` fits one of `patterns`.
bool fits_any(const std::vector<std::string>& patterns, std::string_view name);

// Throws Error{config} unless `pattern` fits one of `names`; `key` is the field that has it. The
// message names the names that are nearest.
void require_fitting(const std::string& key, const std::string& pattern,
                     const std::vector<std::string>& names);

}  // namespace candor
