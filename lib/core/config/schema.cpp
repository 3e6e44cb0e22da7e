// SPDX-License-Identifier: Apache-2.0
#include <candor/config.h>

#include "core/config/describe.h"

namespace candor {
namespace {

Json schema_of(const Description& description);

Json bound(double value, NodeKind kind) {
  if (kind == NodeKind::integer) return static_cast<std::int64_t>(value);
  return value;
}

void add_range(Json& schema, const Description& d) {
  const auto& f = d.field;
  if (std::isfinite(f.low))
    schema[f.above_low ? "exclusiveMinimum" : "minimum"] = bound(f.low, d.kind);
  if (std::isfinite(f.high)) {
    schema[f.below_high ? "exclusiveMaximum" : "maximum"] = bound(f.high, d.kind);
  }
}

// `type`: the value of a variant's "type" key, or empty.
Json section_schema(const Description& section, const std::string& type) {
  Json properties = Json::object();
  Json required = Json::array();
  if (!type.empty()) {
    properties["type"] = {{"const", type}};
    required.push_back("type");
  }
  for (const auto& member : section.members) {
    properties[member.field.key] = schema_of(member);
    if (member.required) required.push_back(member.field.key);
  }
  Json schema;
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json plain_schema(const Description& d) {
  Json schema;
  switch (d.kind) {
    case NodeKind::boolean: schema["type"] = "boolean"; break;
    case NodeKind::integer: schema["type"] = "integer"; break;
    case NodeKind::number: schema["type"] = "number"; break;
    case NodeKind::string: schema["type"] = "string"; break;
    case NodeKind::paths:
      schema["type"] = {"string", "array"};
      schema["items"] = {{"type", "string"}};
      return schema;
    case NodeKind::choice: schema["enum"] = d.choices; break;
    case NodeKind::list:
      schema["type"] = "array";
      schema["items"] = schema_of(d.members.front());
      return schema;
    case NodeKind::map:
      schema["type"] = "object";
      schema["additionalProperties"] = schema_of(d.members.front());
      return schema;
    case NodeKind::any: return Json::object();
    case NodeKind::section: {
      auto section = section_schema(d, "");
      if (!d.number_too) return section;
      schema["type"] = "number";
      add_range(schema, d);
      return Json{{"oneOf", {schema, section}}};
    }
    case NodeKind::variant:
      schema["oneOf"] = Json::array();
      for (const auto& alternative : d.members) {
        schema["oneOf"].push_back(section_schema(alternative, alternative.field.key));
      }
      return schema;
  }
  add_range(schema, d);
  return schema;
}

Json schema_of(const Description& d) {
  auto schema = plain_schema(d);
  if (d.optional) schema = Json{{"oneOf", {schema, {{"type", "null"}}}}};
  if (d.field.help[0] != '\0') schema["description"] = d.field.help;
  if (!d.required && !d.default_value.is_null()) schema["default"] = d.default_value;
  return schema;
}

}  // namespace

std::string config_schema() {
  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "candor run config";
  schema.update(section_schema(describe_config(), ""));
  return schema.dump(2) + "\n";
}

}  // namespace candor
