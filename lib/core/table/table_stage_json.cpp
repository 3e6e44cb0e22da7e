// SPDX-License-Identifier: Apache-2.0
// TableStage as JSON. Reading trusts nothing: the file may come from anywhere.
#include <candor/error.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/nearest.h"
#include "core/table/number.h"
#include "core/table/table_stage.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// In the order of DateOrder.
constexpr std::array<std::string_view, 3> kDateOrders = {"year_first", "day_first", "month_first"};

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
  bool has(const std::string& key) const { return json_.contains(key); }
  const std::string& where() const { return where_; }
  double number(const std::string& key) const {
    if (!at(key).is_number()) refuse(key, "expected a number");
    const auto value = at(key).get<double>();
    if (!fits_float({NumberKind::number, value})) refuse(key, "a number beyond float32");
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
  json["kind"] = kFeatureKinds[static_cast<std::size_t>(feature.kind)].name;
  json["values"] = Json::object();
  for (const auto& [from, to] : feature.rules.values) json["values"][from] = to;
  switch (feature.kind) {
    case FeatureKind::number:
      json["offset"] = feature.offset;
      if (feature.whole) json["whole"] = true;
      break;
    case FeatureKind::category:
      json["categories"] = feature.categories;
      if (feature.boolean) json["boolean"] = true;
      if (!feature.encodings.empty()) json["target_encodings"] = feature.encodings;
      break;
    case FeatureKind::date:
      json["offset"] = feature.offset;
      json["date_order"] = kDateOrders[static_cast<std::size_t>(feature.date_order)];
      json["date_values"] = Json::array();
      for (const auto value : feature.date_values) {
        json["date_values"].push_back(date_value_name(value));
      }
      break;
    case FeatureKind::text: json["text"] = feature.text->to_json(); break;
  }
  return json;
}

Json TableStage::to_json() const {
  Json json;
  json["format_version"] = kTableStageVersion;
  json["type"] = "table";
  json["task"] = signature_.output == OutputKind::regression ? "regression" : "classification";
  json["target"] = target_;
  json["target_transform"] = target_transform_ == TargetTransform::log ? "log" : "standard";
  json["weight"] = weight_.empty() ? Json(nullptr) : Json(weight_);
  json["labels"] = signature_.labels;
  json["trim"] = trim_;
  json["missing"] = markers_.list();
  json["features"] = Json::array();
  for (const auto& feature : features_) json["features"].push_back(feature_json(feature));
  return json;
}

// Fills a TableStage field by field.
class TableStageReader {
 public:
  TableStageReader(const Json& json, std::shared_ptr<const Tokenizer> tokenizer)
      : fields_(json, ""), tokenizer_(std::move(tokenizer)) {}

  TableStage read() {
    check_version();
    if (fields_.text("type") != "table") fields_.refuse("type", "expected table");
    read_target();
    if (!fields_.at("weight").is_null()) stage_.weight_ = fields_.text("weight");
    stage_.trim_ = fields_.boolean("trim");
    stage_.markers_ = MissingMarkers(fields_.texts("missing"));
    names_ = {stage_.target_, stage_.weight_, ""};
    for (const auto& item : fields_.array("features")) add_feature(item);
    if (stage_.features_.empty()) fields_.refuse("features", "expected at least one");
    require_one_of_tokens();
    stage_.finish();
    return std::move(stage_);
  }

 private:
  void check_version() {
    const auto& version = fields_.at("format_version");
    old_ = version == 1;
    version_ = version.is_number_integer() ? version.get<int>() : 0;
    if (old_ || version == 2 || version == kTableStageVersion) return;
    fields_.refuse("format_version", "expected 1 to " + std::to_string(kTableStageVersion));
  }

  void require_one_of_tokens() const {
    const auto& features = stage_.features_;
    const bool any = std::any_of(features.begin(), features.end(), [](const Feature& feature) {
      return feature.text && feature.text->use() == TextUse::tokens;
    });
    if (any && features.size() > 1) {
      fields_.refuse("features", "a column of tokens must be the only one");
    }
  }

  void read_target() {
    const bool classification =
        fields_.one_of("task", "classification", "regression") == "classification";
    auto& signature = stage_.signature_;
    signature.output = classification ? OutputKind::classification : OutputKind::regression;
    signature.labels = read_labels(fields_, classification);
    signature.target = stage_.target_ = fields_.text("target");
    if (stage_.target_.empty()) fields_.refuse("target", "an empty name");
    if (old_) return;
    const bool log = fields_.one_of("target_transform", "standard", "log") == "log";
    if (log) stage_.target_transform_ = TargetTransform::log;
  }

  void add_feature(const Json& item) {
    const Fields entry(item, "/features/" + std::to_string(stage_.features_.size()));
    Feature feature;
    feature.name = entry.text("name");
    if (!names_.insert(feature.name).second) {
      entry.refuse("name", "empty, or the name of another column");
    }
    feature.kind = read_kind(entry);
    feature.rules = read_rules(entry, stage_.trim_);
    switch (feature.kind) {
      case FeatureKind::number:
        if (!old_) feature.offset = entry.number("offset");
        feature.whole = entry.has("whole") && entry.boolean("whole");
        break;
      case FeatureKind::category: read_categories(entry, feature); break;
      case FeatureKind::date: read_date(entry, feature); break;
      case FeatureKind::text:
        if (version_ < 3) entry.refuse("kind", "a kind of before format_version 3");
        feature.text = std::make_shared<const TextColumn>(
            TextColumn::from_json(entry.at("text"), entry.where() + "/text", tokenizer_));
        break;
    }
    stage_.features_.push_back(std::move(feature));
  }

  static FeatureKind read_kind(const Fields& entry) {
    const auto name = entry.text("kind");
    std::vector<std::string> known;
    for (const auto& info : kFeatureKinds) {
      if (info.name == name) return info.kind;
      known.emplace_back(info.name);
    }
    entry.refuse("kind", "expected one of " + join(known));
  }

  void read_categories(const Fields& entry, Feature& feature) const {
    feature.categories = entry.names("categories");
    feature.boolean = entry.has("boolean") && entry.boolean("boolean");
    if (feature.boolean && feature.categories != std::vector<std::string>{"false", "true"}) {
      entry.refuse("categories", "those of a boolean are false and true");
    }
    if (!entry.has("target_encodings")) return;
    for (const auto& value : entry.array("target_encodings")) {
      if (!value.is_number() || !fits_float({NumberKind::number, value.get<double>()})) {
        entry.refuse("target_encodings", "expected numbers within float32");
      }
      feature.encodings.push_back(value.get<double>());
    }
    const auto expected = (2 + feature.categories.size()) * stage_.encoding_outputs();
    if (feature.encodings.size() == expected) return;
    entry.refuse("target_encodings", std::to_string(feature.encodings.size()) +
                                         " numbers, expected " + std::to_string(expected));
  }

  static void read_date(const Fields& entry, Feature& feature) {
    feature.offset = entry.number("offset");
    const auto order = entry.text("date_order");
    const auto found = std::find(kDateOrders.begin(), kDateOrders.end(), order);
    if (found == kDateOrders.end()) entry.refuse("date_order", "an order that is not known");
    feature.date_order = static_cast<DateOrder>(found - kDateOrders.begin());
    for (const auto& name : entry.names("date_values")) {
      const auto value = find_date_value(name);
      if (!value) entry.refuse("date_values", "a name that is not known");
      feature.date_values.push_back(*value);
    }
    if (feature.date_values.empty()) entry.refuse("date_values", "expected at least one");
  }

  Fields fields_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  bool old_ = false;  // version 1
  int version_ = kTableStageVersion;
  TableStage stage_;
  std::unordered_set<std::string> names_;
};

TableStage TableStage::from_json(const Json& json, std::shared_ptr<const Tokenizer> tokenizer) {
  return TableStageReader(json, std::move(tokenizer)).read();
}

}  // namespace candor
