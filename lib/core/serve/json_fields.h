// SPDX-License-Identifier: Apache-2.0
// Values out of a parsed JSON object by their type. Each throws Error{request} naming the field and
// what it must be, never what was found.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.h"

namespace candor {

std::string read_text(const std::string& name, const Json& value);
bool read_flag(const std::string& name, const Json& value);
std::int64_t read_integer(const std::string& name, const Json& value, std::int64_t least);
double read_number(const std::string& name, const Json& value, double least, double most);

}  // namespace candor
