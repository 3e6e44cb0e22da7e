// SPDX-License-Identifier: Apache-2.0
#include "core/decide/strict_json.h"

#include <fmt/format.h>

#include <algorithm>

#include <candor/error.h>

namespace candor {
namespace {

// A name that may be hostile: escaped as JSON, and not long.
std::string shown(const std::string& text) {
  constexpr std::size_t kLongest = 64;
  auto quoted = Json(text.substr(0, kLongest)).dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongest) quoted += "...";
  return quoted;
}

}  // namespace

void JsonPlace::fault(const std::string& what) const {
  throw Error(ErrorKind::model, where_ + ": " + what);
}

std::string JsonPlace::expected(const std::string& allowed) const {
  const auto found = json_.is_string()   ? shown(json_.get_ref<const std::string&>())
                     : json_.is_number() ? json_.dump()
                                         : std::string(json_.type_name());
  return "found " + found + "; " + allowed;
}

void JsonPlace::check_object(std::initializer_list<std::string_view> keys) const {
  if (!json_.is_object()) fault(expected("an object is expected"));
  for (const auto& [key, value] : json_.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::vector<std::string> names(keys.begin(), keys.end());
    fault("has the unknown key " + shown(key) + "; allowed: " + join(names));
  }
}

JsonPlace JsonPlace::member(const char* key) const {
  const auto found = json_.find(key);
  if (found == json_.end()) fault(std::string("has no '") + key + "'");
  return {*found, where_ + pointer_step(key)};
}

double JsonPlace::number(double low, double high) const {
  constexpr auto kLargest = std::numeric_limits<double>::max();
  const auto allowed = [&] {
    if (low == -kLargest) return std::string("allowed: a number");
    if (high == kLargest) return fmt::format("allowed: a number from {}", low);
    return fmt::format("allowed: a number from {} to {}", low, high);
  };
  if (!json_.is_number()) fault(expected(allowed()));
  const auto value = json_.get<double>();
  if (!(value >= low && value <= high)) fault(expected(allowed()));
  return value;
}

std::size_t JsonPlace::whole(std::size_t low, std::size_t high) const {
  const bool negative =
      !json_.is_number_unsigned() && json_.is_number_integer() && json_.get<std::int64_t>() < 0;
  const bool fits = json_.is_number_integer() && !negative && json_.get<std::uint64_t>() >= low &&
                    json_.get<std::uint64_t>() <= high;
  if (!fits) fault(expected(fmt::format("allowed: a whole number from {} to {}", low, high)));
  return json_.get<std::size_t>();
}

std::string JsonPlace::text() const {
  if (!json_.is_string()) fault(expected("a string is expected"));
  return json_.get<std::string>();
}

std::vector<double> JsonPlace::numbers(double low, double high) const {
  std::vector<double> values;
  each_item([&](const JsonPlace& item) { values.push_back(item.number(low, high)); });
  return values;
}

void JsonPlace::check_array() const {
  if (!json_.is_array()) fault(expected("an array is expected"));
}

}  // namespace candor
