// SPDX-License-Identifier: Apache-2.0
#include "core/serve/json_fields.h"

#include <cmath>

#include "core/serve/json_write.h"
#include "core/serve/refusal.h"

namespace candor {

std::string read_text(const std::string& name, const Json& value) {
  if (!value.is_string()) refuse("'" + name + "' must be a string");
  return value.get<std::string>();
}

bool read_flag(const std::string& name, const Json& value) {
  if (!value.is_boolean()) refuse("'" + name + "' must be true or false");
  return value.get<bool>();
}

std::int64_t read_integer(const std::string& name, const Json& value, std::int64_t least) {
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
  if (!fits) refuse("'" + name + "' must be an integer");
  const auto found = value.get<std::int64_t>();
  if (found < least) refuse("'" + name + "' must be at least " + std::to_string(least));
  return found;
}

double read_number(const std::string& name, const Json& value, double least, double most) {
  const double found = value.is_number() ? value.get<double>() : std::nan("");
  if (found >= least && found <= most) return found;
  std::string range;
  append_json_number(range, least);
  append_json_number(range += " to ", most);
  refuse("'" + name + "' must be a number from " + range);
}

}  // namespace candor
