// SPDX-License-Identifier: Apache-2.0
// TableStage as JSON. Reading trusts nothing: the file may come from anywhere.
#include <candor/error.h>
#include <candor/version.h>

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/table/table_stage.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// Fields of one JSON object; every message starts with where it lies.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) refuse("", "expected an object");
  }

  [[noreturn]] void refuse(const std::string& key, const std::string& what) const {
    const auto pointer = where_ + (key.empty() ? "" : "/" + key);
    throw Error(ErrorKind::model,
                "table stage: " + (pointer.empty() ? "/" : pointer) + ": " + what);
  }

  const Json& at(const std::string& key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) refuse(key, "missing");
    return *found;
  }
  bool boolean(const std::string& key) const {
    if (!at(key).is_boolean()) refuse(key, "expected true or false");
    return at(key).get<bool>();
  }
  std::string text(const std::string& key) const {
    if (!at(key).is_string()) refuse(key, "expected text");
    return at(key).get<std::string>();
  }
  std::string one_of(const std::string& key, const std::string& a, const std::string& b) const {
    auto value = text(key);
    if (value != a && value != b) refuse(key, "expected " + a + " or " + b);
    return value;
  }
  const Json& array(const std::string& key) const {
    if (!at(key).is_array()) refuse(key, "expected an array");
    return at(key);
  }
  std::vector<std::string> texts(const std::string& key) const {
    std::vector<std::string> values;
    for (const auto& item : array(key)) {
      if (!item.is_string()) refuse(key + "/" + std::to_string(values.size()), "expected text");
      values.push_back(item.get<std::string>());
    }
    return values;
  }
  // Names: no two alike, none empty.
  std::vector<std::string> names(const std::string& key) const {
    auto values = texts(key);
    std::unordered_set<std::string> seen;
    for (const auto& value : values) {
      if (value.empty()) refuse(key, "an empty name");
      if (!seen.insert(value).second) refuse(key, "a name twice");
    }
    return values;
  }

 private:
  const Json& json_;
  std::string where_;
};

CellRules read_rules(const Fields& fields, bool trim) {
  CellRules rules;
  rules.trim = trim;
  const auto& values = fields.at("values");
  if (!values.is_object()) fields.refuse("values", "expected an object");
  for (const auto& [from, to] : values.items()) {
    if (!to.is_string()) fields.refuse("values", "expected text as every value");
    rules.values.emplace(from, to.get<std::string>());
  }
  return rules;
}

std::vector<std::string> read_labels(const Fields& fields, bool classification) {
  auto labels = fields.names("labels");
  if (!classification && !labels.empty()) fields.refuse("labels", "a regression has none");
  if (classification && (labels.size() < 2 || labels.size() > kMostClasses)) {
    fields.refuse("labels", std::to_string(labels.size()) + " classes; 2 to " +
                                std::to_string(kMostClasses) + " are allowed");
  }
  return labels;
}

}  // namespace

Json TableStage::feature_json(const Feature& feature) const {
  Json json;
  json["name"] = feature.name;
  json["kind"] = feature.number ? "number" : "category";
  json["values"] = Json::object();
  for (const auto& [from, to] : feature.rules.values) json["values"][from] = to;
  if (!feature.number) json["categories"] = feature.categories;
  return json;
}

Json TableStage::to_json() const {
  Json json;
  json["format_version"] = kFormatVersion;
  json["type"] = "table";
  json["task"] = signature_.output == OutputKind::regression ? "regression" : "classification";
  json["target"] = target_;
  json["weight"] = weight_.empty() ? Json(nullptr) : Json(weight_);
  json["labels"] = signature_.labels;
  json["trim"] = trim_;
  json["missing"] = markers_.list();
  json["features"] = Json::array();
  for (const auto& feature : features_) json["features"].push_back(feature_json(feature));
  return json;
}

TableStage TableStage::from_json(const Json& json) {
  const Fields fields(json, "");
  if (fields.at("format_version") != kFormatVersion) {
    fields.refuse("format_version", "expected " + std::to_string(kFormatVersion));
  }
  if (fields.text("type") != "table") fields.refuse("type", "expected table");
  TableStage stage;
  const bool classification =
      fields.one_of("task", "classification", "regression") == "classification";
  stage.signature_.output = classification ? OutputKind::classification : OutputKind::regression;
  stage.signature_.labels = read_labels(fields, classification);
  stage.signature_.target = stage.target_ = fields.text("target");
  if (stage.target_.empty()) fields.refuse("target", "an empty name");
  if (!fields.at("weight").is_null()) stage.weight_ = fields.text("weight");
  stage.trim_ = fields.boolean("trim");
  stage.markers_ = MissingMarkers(fields.texts("missing"));

  std::unordered_set<std::string> names{stage.target_, stage.weight_, ""};
  for (const auto& item : fields.array("features")) {
    const Fields entry(item, "/features/" + std::to_string(stage.features_.size()));
    Feature feature;
    feature.name = entry.text("name");
    if (!names.insert(feature.name).second) {
      entry.refuse("name", "empty, or the name of another column");
    }
    feature.number = entry.one_of("kind", "number", "category") == "number";
    feature.rules = read_rules(entry, stage.trim_);
    if (!feature.number) feature.categories = entry.names("categories");
    stage.features_.push_back(std::move(feature));
  }
  if (stage.features_.empty()) fields.refuse("features", "expected at least one");
  stage.finish();
  return stage;
}

}  // namespace candor
