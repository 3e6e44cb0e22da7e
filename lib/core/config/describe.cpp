// SPDX-License-Identifier: Apache-2.0
#include "core/config/describe.h"

#include <algorithm>

#include "core/base/nearest.h"
#include "core/config/fields.h"
#include "core/config/write.h"

namespace candor {
namespace {

template <class T>
Description describe_type(const Field& field);

struct SectionDescriber {
  std::vector<Description> members;
  template <class T>
  void operator()(const Field& field, T& value) {
    auto description = describe_type<T>(field);
    description.required = field.required;
    if (!field.required) description.default_value = to_json_value(value);
    members.push_back(std::move(description));
  }
};

template <class T>
std::vector<Description> members_of() {
  SectionDescriber describer;
  T defaults;
  fields(describer, defaults);
  return std::move(describer.members);
}

template <class... T>
std::vector<Description> alternatives_of(const std::variant<T...>*) {
  std::vector<Description> alternatives;
  const auto add = [&](const char* type, std::vector<Description> members) {
    Description description;
    description.field = Field(type, "");
    description.members = std::move(members);
    alternatives.push_back(std::move(description));
  };
  (add(T::kType, members_of<T>()), ...);
  return alternatives;
}

template <class T>
Description describe_type(const Field& field) {
  Description d;
  d.field = field;
  if constexpr (is_optional<T>) {
    d = describe_type<typename T::value_type>(field);
    d.optional = true;
  } else if constexpr (is_list<T>) {
    d.kind = NodeKind::list;
    d.members.push_back(describe_type<typename T::value_type>(field));
  } else if constexpr (is_map<T>) {
    d.kind = NodeKind::map;
    d.members.push_back(describe_type<typename T::mapped_type>(Field("", "")));
  } else if constexpr (is_variant<T>) {
    d.kind = NodeKind::variant;
    d.members = alternatives_of(static_cast<const T*>(nullptr));
  } else if constexpr (Enum<T>) {
    d.kind = NodeKind::choice;
    d.choices.assign(EnumNames<T>::values.begin(), EnumNames<T>::values.end());
  } else if constexpr (Section<T>) {
    d.members = members_of<T>();
    d.number_too = NumberOrSection<T>;
  } else if constexpr (std::same_as<T, bool>) {
    d.kind = NodeKind::boolean;
  } else if constexpr (std::integral<T>) {
    d.kind = NodeKind::integer;
    if (std::is_unsigned_v<T> && d.field.low < 0) d.field.low = 0;
  } else if constexpr (std::floating_point<T>) {
    d.kind = NodeKind::number;
  } else if constexpr (std::same_as<T, Paths>) {
    d.kind = NodeKind::paths;
  } else if constexpr (std::same_as<T, AnyValue>) {
    d.kind = NodeKind::any;
  } else {
    d.kind = NodeKind::string;
  }
  return d;
}

std::string item_text(const Description& item) {
  switch (item.kind) {
    case NodeKind::integer: return "whole numbers" + range_text(item.field);
    case NodeKind::number: return "numbers" + range_text(item.field);
    case NodeKind::any: return "values";
    default: return "strings";
  }
}

std::string variant_text(const Description& description) {
  std::vector<std::string> names;
  for (const auto& alternative : description.members) names.push_back(alternative.field.key);
  return "an object whose \"type\" is one of " + join(names);
}

// What the steps from `first` on lead to in `node`, of a variant in each of its types.
void collect(const Description& node, const std::vector<std::string>& steps, std::size_t first,
             std::vector<const Description*>& found) {
  if (first == steps.size()) {
    found.push_back(&node);
  } else if (node.kind == NodeKind::map) {
    collect(node.members.front(), steps, first + 1, found);
  } else if (node.kind == NodeKind::section) {
    const auto* member = node.find(steps[first]);
    if (member != nullptr) collect(*member, steps, first + 1, found);
  } else if (node.kind == NodeKind::variant) {
    for (const auto& type : node.members) collect(type, steps, first, found);
  }
}

}  // namespace

const Description* Description::find(const std::string& key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Description& d) { return key == d.field.key; });
  return found == members.end() ? nullptr : &*found;
}

const Description& describe_config() {
  static const Description config = describe_type<RunConfig>(Field("", "one run of candor"));
  return config;
}

std::string expected_text(const Description& description) {
  switch (description.kind) {
    case NodeKind::boolean: return "true or false";
    case NodeKind::integer: return "a whole number" + range_text(description.field);
    case NodeKind::number: return "a number" + range_text(description.field);
    case NodeKind::string: return "a string";
    case NodeKind::paths: return "a string or a list of strings";
    case NodeKind::choice: return "one of " + join(description.choices);
    case NodeKind::list: return "a list of " + item_text(description.members.front());
    case NodeKind::any: return "any value";
    case NodeKind::variant: return variant_text(description);
    case NodeKind::section:
      if (description.number_too)
        return "a number" + range_text(description.field) + " or an object";
      break;
    case NodeKind::map: break;
  }
  return "an object";
}

std::vector<const Description*> described_at(const std::vector<std::string>& steps) {
  std::vector<const Description*> places;
  collect(describe_config(), steps, 0, places);
  return places;
}

std::vector<std::string> key_steps(const std::string& key) {
  std::vector<std::string> steps(1);
  bool quoted = false;
  for (const char c : key) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      steps.emplace_back();
    } else {
      steps.back() += c;
    }
  }
  // A quote without its other one is a part of no name.
  if (quoted) steps.emplace_back();
  return steps;
}

std::string joined_steps(const std::vector<std::string>& steps) {
  std::string key;
  for (const auto& step : steps) {
    if (!key.empty()) key += '.';
    key += step.find_first_of(".=") == std::string::npos ? step : '"' + step + '"';
  }
  return key;
}

}  // namespace candor
