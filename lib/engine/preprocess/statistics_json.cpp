// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/statistics_json.h"

#include <candor/error.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/config/fields.h"
#include "engine/preprocess/table_statistics.h"

namespace candor {

void bad_stage(const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: tensor stage: " + what);
}

namespace {

template <class T>
std::vector<T> array_of(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_array()) bad_stage(std::string(key) + " is missing");
  std::vector<T> values;
  for (const auto& value : json[key]) {
    if (!value.is_number()) bad_stage(std::string(key) + " holds something that is not a number");
    values.push_back(value.get<T>());
    if (!std::isfinite(static_cast<float>(values.back()))) {
      bad_stage(std::string(key) + " holds a number beyond float32");
    }
  }
  return values;
}

// One rising row of numbers per column.
std::vector<std::vector<double>> rows_of(const Json& json, const char* key) {
  std::vector<std::vector<double>> rows;
  if (!json.contains(key)) return rows;
  if (!json[key].is_array()) bad_stage(std::string(key) + " is no array");
  for (const auto& row : json[key]) {
    rows.push_back(array_of<double>(Json{{key, row}}, key));
    if (rows.back().size() < 2) bad_stage(std::string(key) + " have fewer than 2 numbers");
    if (!std::is_sorted(rows.back().begin(), rows.back().end())) {
      bad_stage(std::string(key) + " do not rise");
    }
  }
  return rows;
}

// Of one length.
std::vector<std::vector<double>> matrix_of(const Json& json, const char* key) {
  auto rows = rows_of(json, key);
  for (const auto& row : rows) {
    if (row.size() == rows.front().size()) continue;
    bad_stage(std::string(key) + " differ in length, or have fewer than 2 numbers");
  }
  return rows;
}

// Numbers of numeric columns, rising.
std::vector<std::int64_t> columns_of(const Json& json, const char* key, std::size_t count) {
  auto columns = array_of<std::int64_t>(json, key);
  std::int64_t least = 0;
  for (const auto column : columns) {
    if (column < least || column >= static_cast<std::int64_t>(count)) {
      bad_stage(std::string(key) + " is out of range, or does not rise");
    }
    least = column + 1;
  }
  return columns;
}

template <class E>
E name_of_enum(const Json& json, const char* key) {
  const auto name =
      json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  const auto& names = EnumNames<E>::values;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) bad_stage(std::string(key) + " is missing or unknown");
  return static_cast<E>(found - names.begin());
}

template <class E>
const char* enum_name(E value) {
  return EnumNames<E>::values[static_cast<std::size_t>(value)];
}

bool boolean_of(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_boolean()) bad_stage(std::string(key) + " is missing");
  return json[key].get<bool>();
}

// Files of before data.clean.clip_outliers have none.
void read_clipping(const Json& json, TableStatistics& s) {
  if (!json.contains("clip_columns")) return;
  s.clip_columns = columns_of(json, "clip_columns", s.mean.size());
  s.clip_low = array_of<double>(json, "clip_low");
  s.clip_high = array_of<double>(json, "clip_high");
  if (s.clip_low.size() != s.clip_columns.size() || s.clip_high.size() != s.clip_columns.size()) {
    bad_stage("clip lengths differ");
  }
  for (std::size_t i = 0; i < s.clip_low.size(); ++i) {
    if (s.clip_low[i] > s.clip_high[i]) bad_stage("clip_low is above clip_high");
  }
}

void read_transforms(const Json& json, TableStatistics& s) {
  const auto count = s.mean.size();
  s.log_columns = columns_of(json, "log_columns", count);
  s.power_columns = columns_of(json, "power_columns", count);
  s.power_lambda = array_of<double>(json, "power_lambda");
  s.quantile_columns = columns_of(json, "quantile_columns", count);
  s.target_transform = name_of_enum<TargetTransform>(json, "target_transform");
  if (s.power_lambda.size() != s.power_columns.size()) bad_stage("power lengths differ");
}

void read_encoding(const Json& json, TableStatistics& s) {
  s.encoding = name_of_enum<NumberEncoding>(json, "encoding");
  s.encoded_columns = columns_of(json, "encoded_columns", s.mean.size());
  s.bins = rows_of(json, "bins");
  s.encoded_apart = boolean_of(json, "encoded_apart");
  const bool binned = s.encoding == NumberEncoding::piecewise_linear;
  if (s.bins.size() != (binned ? s.encoded_columns.size() : 0) ||
      (s.encoding == NumberEncoding::none && !s.encoded_columns.empty()) ||
      (s.encoding == NumberEncoding::periodic && !s.encoded_apart)) {
    bad_stage("encoding, encoded_columns and bins do not fit together");
  }
  for (const auto& edges : s.bins) {
    for (std::size_t i = 1; i < edges.size(); ++i)
      check_positive({edges[i] - edges[i - 1]}, "bins");
  }
}

void check_together(const TableStatistics& s) {
  if (s.impute.size() != s.mean.size() || s.scale.size() != s.mean.size()) {
    bad_stage("impute, mean and scale differ in length");
  }
  if (s.scores.size() != s.knots.size() || s.knots.size() != s.quantile_columns.size() ||
      (!s.knots.empty() && s.scores.front().size() != s.knots.front().size())) {
    bad_stage("knots, scores and their columns differ in length");
  }
  if (s.one_hot_column.size() != s.one_hot_value.size()) bad_stage("one_hot lengths differ");
  const auto columns = static_cast<std::int64_t>(s.mean.size());
  for (const auto column : s.indicators) {
    if (column < 0 || column >= columns) bad_stage("an indicator is out of range");
  }
}

}  // namespace

double stage_number(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number()) bad_stage(std::string(key) + " is missing");
  const auto value = json[key].get<double>();
  if (!std::isfinite(static_cast<float>(value))) bad_stage(std::string(key) + " is beyond float32");
  return value;
}

std::vector<double> stage_numbers(const Json& json, const char* key) {
  return array_of<double>(json, key);
}

std::vector<std::int64_t> stage_integers(const Json& json, const char* key) {
  return array_of<std::int64_t>(json, key);
}

void check_positive(const std::vector<double>& values, const char* key) {
  for (const auto value : values) {
    if (value > 0.0 && std::isfinite(static_cast<float>(1.0 / value))) continue;
    bad_stage(std::string(key) + " holds a number that is not above 0, or too small for float32");
  }
}

Json statistics_json(const TableStatistics& s) {
  Json json;
  json["clip_columns"] = s.clip_columns;
  json["clip_low"] = s.clip_low;
  json["clip_high"] = s.clip_high;
  json["impute"] = s.impute;
  json["mean"] = s.mean;
  json["scale"] = s.scale;
  json["log_columns"] = s.log_columns;
  json["power_columns"] = s.power_columns;
  json["power_lambda"] = s.power_lambda;
  json["quantile_columns"] = s.quantile_columns;
  json["knots"] = s.knots;
  json["scores"] = s.scores;
  json["encoding"] = enum_name(s.encoding);
  json["encoded_columns"] = s.encoded_columns;
  json["bins"] = s.bins;
  json["encoded_apart"] = s.encoded_apart;
  json["indicators"] = s.indicators;
  json["one_hot_column"] = s.one_hot_column;
  json["one_hot_value"] = s.one_hot_value;
  json["embed"] = s.embed;
  json["target_transform"] = enum_name(s.target_transform);
  json["target_mean"] = s.target_mean;
  json["target_scale"] = s.target_scale;
  return json;
}

TableStatistics statistics_from_json(const Json& json, int version) {
  TableStatistics s;
  s.impute = array_of<double>(json, "impute");
  s.mean = array_of<double>(json, "mean");
  s.scale = array_of<double>(json, "scale");
  s.knots = matrix_of(json, "knots");
  s.scores = matrix_of(json, "scores");
  s.indicators = array_of<std::int64_t>(json, "indicators");
  s.one_hot_column = array_of<std::int64_t>(json, "one_hot_column");
  s.one_hot_value = array_of<std::int64_t>(json, "one_hot_value");
  s.embed = json.value("embed", false);
  s.target_mean = stage_number(json, "target_mean");
  s.target_scale = stage_number(json, "target_scale");
  check_positive(s.scale, "scale");
  check_positive({s.target_scale}, "target_scale");
  if (version > 1) {
    read_clipping(json, s);
    read_transforms(json, s);
    read_encoding(json, s);
  } else if (!s.knots.empty()) {
    for (std::size_t column = 0; column < s.mean.size(); ++column) {
      s.quantile_columns.push_back(static_cast<std::int64_t>(column));
    }
  }
  check_together(s);
  return s;
}

}  // namespace candor
