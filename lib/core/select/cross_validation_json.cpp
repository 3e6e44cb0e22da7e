// SPDX-License-Identifier: Apache-2.0
// cross_validation.json and its table.
#include <fmt/format.h>

#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/base/json_number.h"
#include "core/metrics/metric_json.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"
#include "core/select/cross_validation.h"

namespace candor {
namespace {

Json score_json(const FoldScore& score) {
  Json json = {{"fold", score.fold},
               {"repeat", score.repeat},
               {"rows", score.rows},
               {"training_rows", score.training_rows},
               {"steps", score.steps},
               {"best_step", score.best_step},
               {"steps_per_epoch", score.steps_per_epoch}};
  auto metrics = Json::object();
  for (const auto& [name, value] : score.metrics) metrics[name] = number_or_null(value);
  json["metrics"] = metrics;
  return json;
}

FoldScore score_of(const Json& json) {
  FoldScore score;
  score.fold = json.at("fold");
  score.repeat = json.at("repeat");
  score.rows = json.at("rows");
  score.training_rows = json.at("training_rows");
  score.steps = json.at("steps");
  score.best_step = json.at("best_step");
  score.steps_per_epoch = json.at("steps_per_epoch");
  for (const auto& [name, value] : json.at("metrics").items()) {
    score.metrics[name] = number_or_none(value);
  }
  return score;
}

Metric metric_of(const std::string& name, const Json& json) {
  Metric metric;
  metric.name = name;
  metric.value = number_or_none(json.at("value"));
  metric.low = number_or_none(json.at("low"));
  metric.high = number_or_none(json.at("high"));
  metric.method = json.at("method");
  metric.reason = json.value("reason", "");
  metric.higher_is_better = json.at("better") == "higher";
  return metric;
}

CrossValidation read(const Json& json) {
  CrossValidation result;
  result.model = json.at("model");
  result.folds = json.at("folds");
  result.repeats = json.at("repeats");
  result.rows = json.at("rows");
  result.kind = json.at("kind");
  result.digest = json.at("folds_sha256");
  result.confidence = json.at("confidence");
  for (const auto& [name, metric] : json.at("metrics").items()) {
    result.metrics.push_back(metric_of(name, metric));
  }
  for (const auto& score : json.at("per_fold")) result.scores.push_back(score_of(score));
  return result;
}

std::string digits(const std::optional<double>& value) {
  return value ? fixed(*value, decimals_for(*value)) : "-";
}

// Lowest and highest value of a metric in the folds.
std::string range_text(const CrossValidation& result, const std::string& name) {
  std::optional<double> low, high;
  for (const auto& score : result.scores) {
    const auto found = score.metrics.find(name);
    if (found == score.metrics.end() || !found->second) continue;
    low = low ? std::min(*low, *found->second) : *found->second;
    high = high ? std::max(*high, *found->second) : *found->second;
  }
  return low ? digits(low) + " to " + digits(high) : "-";
}

}  // namespace

Json cross_validation_json(const CrossValidation& result) {
  Json json;
  json["format_version"] = kFormatVersion;
  json["model"] = result.model;
  json["folds"] = result.folds;
  json["repeats"] = result.repeats;
  json["rows"] = result.rows;
  json["kind"] = result.kind;
  json["folds_sha256"] = result.digest;
  json["confidence"] = result.confidence;
  json["metrics"] = metrics_json(result.metrics, result.confidence);
  auto scores = Json::array();
  for (const auto& score : result.scores) scores.push_back(score_json(score));
  json["per_fold"] = scores;
  return json;
}

CrossValidation cross_validation_from_json(const Json& json, const std::string& where) {
  try {
    check_format_version(json, where);
    return read(json);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::model, where + ": is not what candor train writes there (" +
                                      error.what() + "); cross-validate anew");
  }
}

std::string cross_validation_text(const CrossValidation& result, bool color) {
  const TextStyle style(color);
  TextTable table;
  table.align = {'l', 'r', 'l', 'l', 'l'};
  table.rows.push_back({"cross-validation", "mean", percent_text(result.confidence) + " interval",
                        "folds", "method"});
  for (const auto& metric : result.metrics) {
    if (says_nothing_new(metric)) continue;
    const auto interval = metric.low && metric.high
                              ? "[" + digits(metric.low) + ", " + digits(metric.high) + "]"
                              : "-";
    table.rows.push_back({metric.name, digits(metric.value), interval,
                          range_text(result, metric.name),
                          metric.reason.empty() ? metric.method : metric.reason});
  }
  auto head = fmt::format("{}: {} folds of {} rows ({})", result.model, result.folds,
                          with_thousands(result.rows), result.kind);
  if (result.repeats > 1) head += fmt::format(", {} times", result.repeats);
  return head + "\n" + table.print(style);
}

}  // namespace candor
