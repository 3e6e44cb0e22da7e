// SPDX-License-Identifier: Apache-2.0
// The part of JSON Schema that docs/report.schema.json uses. A keyword that it does not know is a
// fault of its own, so that no rule passes unheard.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace candor::test {

class SchemaCheck {
 public:
  using Json = nlohmann::ordered_json;

  explicit SchemaCheck(Json schema) : root_(std::move(schema)) {}

  // What is wrong, a line each: the JSON pointer and the rule.
  std::vector<std::string> faults(const Json& document) {
    faults_.clear();
    check(root_, document, "");
    return faults_;
  }

 private:
  void complain(const std::string& at, const std::string& what) {
    faults_.push_back((at.empty() ? "/" : at) + ": " + what);
  }

  static bool is_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_number_integer();
    return type == "number" && value.is_number();
  }

  void check(const Json& rules, const Json& value, const std::string& at) {
    static const std::set<std::string> known = {"$schema",     "$defs",
                                                "$ref",        "title",
                                                "description", "type",
                                                "required",    "const",
                                                "enum",        "minimum",
                                                "maximum",     "items",
                                                "properties",  "additionalProperties"};
    for (const auto& [key, rule] : rules.items()) {
      if (!known.contains(key)) complain(at, "the schema has the unknown keyword " + key);
    }
    if (rules.contains("$ref")) {
      const auto place = rules.at("$ref").get<std::string>().substr(1);  // "#/..."
      return check(root_.at(Json::json_pointer(place)), value, at);
    }
    check_value(rules, value, at);
    if (value.is_object()) check_object(rules, value, at);
    if (value.is_array() && rules.contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        check(rules.at("items"), value[i], at + "/" + std::to_string(i));
      }
    }
  }

  void check_value(const Json& rules, const Json& value, const std::string& at) {
    if (rules.contains("type")) {
      const auto& types = rules.at("type");
      const auto list = types.is_array() ? types : Json::array({types});
      const bool fits = std::any_of(list.begin(), list.end(), [&](const Json& type) {
        return is_type(value, type.get<std::string>());
      });
      if (!fits) complain(at, "is no " + list.dump());
    }
    if (rules.contains("const") && value != rules.at("const")) complain(at, "is not the constant");
    if (rules.contains("enum")) {
      const auto& list = rules.at("enum");
      if (std::find(list.begin(), list.end(), value) == list.end()) complain(at, "is not allowed");
    }
    if (!value.is_number()) return;
    if (rules.contains("minimum") && value < rules.at("minimum")) complain(at, "is too small");
    if (rules.contains("maximum") && value > rules.at("maximum")) complain(at, "is too large");
  }

  void check_object(const Json& rules, const Json& value, const std::string& at) {
    for (const auto& key : rules.value("required", Json::array())) {
      if (!value.contains(key.get<std::string>())) complain(at, "lacks " + key.dump());
    }
    const auto properties = rules.value("properties", Json::object());
    for (const auto& [key, entry] : value.items()) {
      const auto place = at + "/" + key;
      if (properties.contains(key)) {
        check(properties.at(key), entry, place);
      } else if (rules.contains("additionalProperties")) {
        const auto& rest = rules.at("additionalProperties");
        if (rest.is_object()) check(rest, entry, place);
        if (rest == false) complain(place, "is not in the schema");
      }
    }
  }

  Json root_;
  std::vector<std::string> faults_;
};

}  // namespace candor::test
