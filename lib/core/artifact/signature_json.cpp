// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "core/artifact/model_directory.h"
#include "core/artifact/quote.h"
#include "core/base/nearest.h"

namespace candor {
namespace {

constexpr std::pair<std::string_view, InputKind> kInputKinds[] = {{"number", InputKind::number},
                                                                  {"category", InputKind::category},
                                                                  {"text", InputKind::text},
                                                                  {"image", InputKind::image},
                                                                  {"date", InputKind::date}};
constexpr std::pair<std::string_view, OutputKind> kOutputKinds[] = {
    {"classification", OutputKind::classification},
    {"regression", OutputKind::regression},
    {"language_model", OutputKind::language_model}};

[[noreturn]] void fault(const std::string& pointer, const std::string& what) {
  throw Error(ErrorKind::model, "signature" + pointer + ": " + what);
}

template <class Table, class Kind>
std::string name_in(const Table& table, Kind kind) {
  for (const auto& [name, value] : table) {
    if (value == kind) return std::string(name);
  }
  return "";
}

template <class Table>
auto kind_in(const Table& table, const Json& json, const std::string& pointer) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) {
    if (json.is_string() && json.get_ref<const std::string&>() == name) return value;
    names.emplace_back(name);
  }
  const auto found =
      json.is_string() ? quote(json.get_ref<const std::string&>()) : std::string(json.type_name());
  fault(pointer, "found " + found + "; allowed: " + join(names));
}

void check_object(const Json& json, const std::string& pointer,
                  std::initializer_list<std::string_view> keys) {
  if (!json.is_object())
    fault(pointer, std::string("found ") + json.type_name() + "; an object is expected");
  for (const auto& [key, value] : json.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      fault(pointer, "has the unknown key " + quote(key));
  }
}

const Json& member(const Json& json, const std::string& pointer, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) fault(pointer, std::string("has no '") + key + "'");
  return *found;
}

std::string text(const Json& json, const std::string& pointer) {
  if (!json.is_string())
    fault(pointer, std::string("found ") + json.type_name() + "; a string is expected");
  return json.get<std::string>();
}

std::int64_t size(const Json& json, const std::string& pointer) {
  constexpr std::int64_t kLargest = 1 << 30;
  const bool beyond = json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest;
  if (!json.is_number_integer() || beyond || json.get<std::int64_t>() < 0 ||
      json.get<std::int64_t>() > kLargest) {
    fault(pointer, "a whole number from 0 to 1073741824 is expected");
  }
  return json.get<std::int64_t>();
}

const Json& array(const Json& json, const std::string& pointer) {
  if (!json.is_array())
    fault(pointer, std::string("found ") + json.type_name() + "; an array is expected");
  return json;
}

std::vector<InputField> read_inputs(const Json& json) {
  std::vector<InputField> inputs;
  std::set<std::string> names;
  for (const auto& item : array(json, "/inputs")) {
    const auto at = "/inputs/" + std::to_string(inputs.size());
    check_object(item, at, {"name", "kind"});
    InputField field;
    field.name = text(member(item, at, "name"), at + "/name");
    field.kind = kind_in(kInputKinds, member(item, at, "kind"), at + "/kind");
    if (!names.insert(field.name).second)
      fault(at, "the name " + quote(field.name) + " comes twice");
    inputs.push_back(std::move(field));
  }
  if (inputs.empty()) fault("/inputs", "is empty; a model has at least one input");
  return inputs;
}

std::vector<std::string> read_labels(const Json& json) {
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const auto& item : array(json, "/labels")) {
    const auto at = "/labels/" + std::to_string(labels.size());
    labels.push_back(text(item, at));
    if (!seen.insert(labels.back()).second) fault(at, "the label comes twice");
  }
  return labels;
}

// What the kind of output needs, and what it must not have.
void check_whole(const Signature& signature) {
  const bool classes = signature.output == OutputKind::classification;
  if (classes && signature.labels.size() < 2)
    fault("/labels", "a classification has at least two labels");
  if (!classes && !signature.labels.empty()) fault("/labels", "only a classification has labels");
  const bool language = signature.output == OutputKind::language_model;
  if (language && signature.context < 1)
    fault("/context", "a language model has a context of at least 1");
  for (const auto& input : signature.inputs) {
    if (input.kind == InputKind::image && signature.image_size < 1) {
      fault("/image_size", "an image input needs a size of at least 1");
    }
  }
}

}  // namespace

Json signature_json(const Signature& signature) {
  Json inputs = Json::array();
  for (const auto& input : signature.inputs) {
    inputs.push_back({{"name", input.name}, {"kind", name_in(kInputKinds, input.kind)}});
  }
  Json json = {{"output", name_in(kOutputKinds, signature.output)}, {"inputs", inputs}};
  if (!signature.labels.empty()) json["labels"] = signature.labels;
  if (!signature.target.empty()) json["target"] = signature.target;
  if (signature.image_size > 0) json["image_size"] = signature.image_size;
  if (signature.context > 0) json["context"] = signature.context;
  return json;
}

Signature signature_from_json(const Json& json) {
  check_object(json, "", {"output", "inputs", "labels", "target", "image_size", "context"});
  Signature signature;
  signature.output = kind_in(kOutputKinds, member(json, "", "output"), "/output");
  signature.inputs = read_inputs(member(json, "", "inputs"));
  if (json.contains("labels")) signature.labels = read_labels(json["labels"]);
  if (json.contains("target")) signature.target = text(json["target"], "/target");
  if (json.contains("image_size")) signature.image_size = size(json["image_size"], "/image_size");
  if (json.contains("context")) signature.context = size(json["context"], "/context");
  check_whole(signature);
  return signature;
}

}  // namespace candor
