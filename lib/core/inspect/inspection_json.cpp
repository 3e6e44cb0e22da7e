// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/inspect/inspection.h"

namespace candor {
namespace {

const char* severity_name(Severity severity) {
  constexpr std::array kNames = {"error", "warning", "note"};
  return kNames[static_cast<std::size_t>(severity)];
}

Json numbers_json(const NumberReport& numbers) {
  Json json;
  json["least"] = numbers.least;
  json["most"] = numbers.most;
  json["mean"] = numbers.mean;
  json["standard_deviation"] = numbers.deviation;
  Json quantiles;
  constexpr std::array kNames = {"0.05", "0.25", "0.5", "0.75", "0.95"};
  for (std::size_t i = 0; i < kNames.size(); ++i) quantiles[kNames[i]] = numbers.quantiles[i];
  json["quantiles"] = quantiles;
  json["heavy_tail"] = numbers.skewed;
  json["outlier_share"] = numbers.outlier_share;
  json["histogram"] = {{"low", numbers.low}, {"high", numbers.high}, {"rows", numbers.histogram}};
  return json;
}

Json values_json(const std::vector<ValueCount>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back({{"value", value.value}, {"rows", value.rows}});
  return list;
}

Json column_json(const ColumnReport& column) {
  Json json;
  json["name"] = column.name;
  json["type"] = kind_name(column.kind);
  json["values"] = column.values;
  json["missing"] = column.missing;
  json["distinct"] = column.distinct;
  json["distinct_is_exact"] = column.distinct_exact;
  if (column.numbers) json["numbers"] = numbers_json(*column.numbers);
  if (!column.top.empty()) json["top"] = values_json(column.top);
  if (column.rare_values > 0) {
    json["rare"] = {{"values", column.rare_values}, {"rows", column.rare_rows}};
  }
  if (column.kind == ColumnKind::text) {
    json["bytes"] = {{"mean", column.mean_length}, {"most", column.longest}};
  }
  if (column.predicts) json["tells_of_target"] = *column.predicts;
  return json;
}

Json finding_json(const Finding& finding) {
  Json json;
  json["severity"] = severity_name(finding.severity);
  json["code"] = finding.code;
  json["column"] = finding.column.empty() ? Json(nullptr) : Json(finding.column);
  json["text"] = finding.text;
  json["config"] = finding.config;
  json["advice"] = finding.advice.empty() ? Json(nullptr) : Json(finding.advice);
  return json;
}

}  // namespace

const char* kind_name(ColumnKind kind) {
  constexpr std::array kNames = {"empty",    "constant",  "integer",    "real", "boolean",
                                 "category", "date_time", "identifier", "text"};
  return kNames[static_cast<std::size_t>(kind)];
}

Json inspection_json(const Inspection& inspection) {
  Json json;
  json["format_version"] = 1;
  json["kind"] = inspection.kind;
  json["name"] = inspection.name;
  json["target"] = inspection.target ? Json(*inspection.target) : Json(nullptr);
  json["facts"] = Json::object();
  for (const auto& [name, value] : inspection.facts) json["facts"][name] = value;
  json["classes"] = values_json(inspection.classes);
  json["columns"] = Json::array();
  for (const auto& column : inspection.columns) json["columns"].push_back(column_json(column));
  json["findings"] = Json::array();
  for (const auto& finding : inspection.findings) {
    json["findings"].push_back(finding_json(finding));
  }
  return json;
}

}  // namespace candor
