// SPDX-License-Identifier: Apache-2.0
// Any config section to JSON.
#pragma once

#include "core/base/json.h"
#include "core/config/fields.h"

namespace candor {

template <class T>
Json to_json_value(const T& value);

struct SectionWriter {
  Json json = Json::object();
  template <class T>
  void operator()(const Field& field, T& value) {
    json[field.key] = to_json_value(value);
  }
};

template <class T>
Json section_json(const T& section) {
  SectionWriter writer;
  fields(writer, const_cast<T&>(section));  // the visitor only reads
  return std::move(writer.json);
}

template <class T>
Json list_json(const T& list) {
  Json json = Json::array();
  for (const auto& item : list) json.push_back(to_json_value(item));
  return json;
}

template <class T>
Json map_json(const T& map) {
  Json json = Json::object();
  for (const auto& [key, item] : map) json[key] = to_json_value(item);
  return json;
}

template <class T>
Json variant_json(const T& variant) {
  return std::visit(
      [](const auto& chosen) {
        Json json;
        json["type"] = std::decay_t<decltype(chosen)>::kType;
        json.update(section_json(chosen));
        return json;
      },
      variant);
}

template <class T>
Json to_json_value(const T& value) {
  if constexpr (is_optional<T>) {
    return value ? to_json_value(*value) : Json(nullptr);
  } else if constexpr (is_list<T>) {
    return list_json(value);
  } else if constexpr (is_map<T>) {
    return map_json(value);
  } else if constexpr (is_variant<T>) {
    return variant_json(value);
  } else if constexpr (Enum<T>) {
    return EnumNames<T>::values[static_cast<std::size_t>(value)];
  } else if constexpr (NumberOrSection<T>) {
    const auto number = value.number();
    return number ? Json(*number) : section_json(value);
  } else if constexpr (Section<T>) {
    return section_json(value);
  } else if constexpr (std::same_as<T, AnyValue>) {
    return Json::parse(value.json);
  } else if constexpr (std::same_as<T, Paths>) {
    return value.list.size() == 1 ? Json(value.list.front()) : Json(value.list);
  } else {
    return Json(value);
  }
}

}  // namespace candor
