// SPDX-License-Identifier: Apache-2.0
// A place in a JSON document, read strictly: every fault names the place, what was found and what
// is allowed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/nearest.h"

namespace candor {

class JsonPlace {
 public:
  // `where`: the file's name. Faults are Error{model}.
  JsonPlace(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  [[noreturn]] void fault(const std::string& what) const;

  const Json& json() const { return json_; }
  bool has(const char* key) const { return json_.contains(key); }
  void check_object(std::initializer_list<std::string_view> keys) const;
  JsonPlace member(const char* key) const;  // a fault when it is missing
  // Of an array or of an object, in order: call(place, key), the key empty in arrays.
  template <class Call>
  void each_item(const Call& call) const {
    check_array();
    std::size_t i = 0;
    for (const auto& item : json_) call(JsonPlace(item, where_ + "/" + std::to_string(i++)));
  }
  template <class Call>
  void each_member(const Call& call) const {
    if (!json_.is_object()) fault(expected("an object is expected"));
    for (const auto& [key, value] : json_.items()) {
      call(key, JsonPlace(value, where_ + pointer_step(key)));
    }
  }

  double number(double low, double high) const;
  std::size_t whole(std::size_t low, std::size_t high) const;
  std::string text() const;
  std::vector<double> numbers(double low, double high) const;

  template <class Table>
  auto name_in(const Table& table) const {
    std::vector<std::string> names;
    for (const auto& [value, name] : table) {
      if (json_.is_string() && json_.get_ref<const std::string&>() == name) return value;
      names.emplace_back(name);
    }
    fault(expected("allowed: " + join(names)));
  }

 private:
  void check_array() const;
  std::string expected(const std::string& allowed) const;

  const Json& json_;
  std::string where_;
};

}  // namespace candor
