// SPDX-License-Identifier: Apache-2.0
// Reading fitted numbers back: what both tensor stages with statistics share. Everything throws
// Error{model}.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace candor {

[[noreturn]] void bad_stage(const std::string& what);

// Finite within float32.
double stage_number(const Json& json, const char* key);
std::vector<double> stage_numbers(const Json& json, const char* key);
std::vector<std::int64_t> stage_integers(const Json& json, const char* key);
// What is divided by: above 0, and not so small that its inverse leaves float32.
void check_positive(const std::vector<double>& values, const char* key);

}  // namespace candor
