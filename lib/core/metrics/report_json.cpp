// SPDX-License-Identifier: Apache-2.0
// report.json, as docs/formats.md describes it. Every number is finite; what is undefined is null.
#include <candor/version.h>
#include <fmt/format.h>

#include "core/base/json_number.h"
#include "core/config/gate_names.h"
#include "core/metrics/decisions.h"
#include "core/metrics/metric_json.h"
#include "core/metrics/report.h"

namespace candor {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// How often a class is chosen, or a mean error's sign, is neither good nor bad in itself.
Json direction(const Metric& metric) {
  const auto* info = find_group_metric_info(metric.name);
  if (info != nullptr && info->neutral) return nullptr;
  return metric.higher_is_better ? "higher" : "lower";
}

}  // namespace

Json metric_json(const Metric& metric, double confidence) {
  Json json = {{"value", number_or_null(metric.value)},
               {"low", number_or_null(metric.low)},
               {"high", number_or_null(metric.high)},
               {"confidence", confidence},
               {"method", metric.method},
               {"better", direction(metric)}};
  if (!metric.reason.empty()) json["reason"] = metric.reason;
  return json;
}

Json metrics_json(const std::vector<Metric>& metrics, double confidence) {
  auto json = Json::object();
  for (const auto& metric : metrics) json[metric.name] = metric_json(metric, confidence);
  return json;
}

Json groups_json(const std::vector<GroupRow>& groups, double confidence) {
  auto json = Json::object();
  for (const auto& group : groups) {
    json[group.column][group.value] = {{"count", group.count},
                                       {"metrics", metrics_json(group.metrics, confidence)}};
  }
  return json;
}

namespace {

Json baseline_json(const Report& report) {
  if (!report.baseline) return nullptr;
  const auto& baseline = *report.baseline;
  Json json = {{"type", "ngram"}, {"order", baseline.order}};
  if (baseline.metrics.empty()) {
    json["reason"] = baseline.reason;
    return json;
  }
  json["training_tokens"] = baseline.training_tokens;
  json["held_out_tokens"] = baseline.held_out_tokens;
  json["weights_from"] = baseline.weights_from;
  json["metrics"] = metrics_json(baseline.metrics, report.confidence);
  json["gain"] = metric_json(baseline.gain, report.confidence);
  json["summary"] = baseline.summary;
  return json;
}

Json positions_json(const Report& report) {
  auto json = Json::array();
  for (const auto& row : report.by_position) {
    json.push_back({{"first", row.first},
                    {"last", row.last},
                    {"count", row.count},
                    {"cross_entropy", metric_json(row.cross_entropy, report.confidence)}});
  }
  return json;
}

Json documents_json(const Report& report) {
  const auto& summary = report.by_document;
  auto quantiles = Json::object();
  for (std::size_t i = 0; i < summary.quantiles.size(); ++i) {
    quantiles[fmt::format("{}", DocumentSummary::kLevels[i])] = summary.quantiles[i];
  }
  return {{"count", summary.count},
          {"cross_entropy", metric_json(summary.cross_entropy, report.confidence)},
          {"quantiles", quantiles}};
}

Json class_json(const ClassRow& row, double confidence) {
  return {{"label", row.label},
          {"count", row.count},
          {"precision", metric_json(row.precision, confidence)},
          {"recall", metric_json(row.recall, confidence)},
          {"f1", metric_json(row.f1, confidence)}};
}

Json range_json(const RangeGap& gap, double confidence) {
  auto json = metric_json(gap.metric, confidence);
  json["lowest"] = gap.lowest.empty() ? Json(nullptr) : Json(gap.lowest);
  json["highest"] = gap.highest.empty() ? Json(nullptr) : Json(gap.highest);
  json["left_out"] = gap.left_out;
  return json;
}

Json pair_json(const PairGap& pair) {
  return {{"metric", pair.metric},
          {"first", pair.first},
          {"second", pair.second},
          {"difference", pair.difference},
          {"low", number_or_null(pair.low)},
          {"high", number_or_null(pair.high)},
          {"method", pair.method},
          {"p", pair.p},
          {"p_holm", pair.p_holm},
          {"ratio", number_or_null(pair.ratio)},
          {"ratio_low", number_or_null(pair.ratio_low)},
          {"ratio_high", number_or_null(pair.ratio_high)}};
}

Json gaps_json(const Report& report) {
  auto json = Json::object();
  for (const auto& gaps : report.gaps) {
    auto& column = json[gaps.column];
    column["small"] = gaps.small;
    column["between"] = Json::object();
    for (const auto& gap : gaps.ranges) {
      column["between"][gap.metric.name] = range_json(gap, report.confidence);
    }
    column["paired_with"] = gaps.paired_with.empty() ? Json(nullptr) : Json(gaps.paired_with);
    column["pairs"] = Json::array();
    for (const auto& pair : gaps.pairs) column["pairs"].push_back(pair_json(pair));
  }
  return json;
}

Json slices_json(const Report& report) {
  if (!report.slices) return nullptr;
  auto worst = Json::array();
  for (const auto& slice : report.slices->worst) {
    Json where = Json::object();
    for (std::size_t i = 0; i < slice.columns.size(); ++i) {
      where[slice.columns[i]] = slice.values[i];
    }
    worst.push_back({{"where", where},
                     {"count", slice.count},
                     {"value", slice.value},
                     {"rest", slice.rest},
                     {"difference", slice.difference},
                     {"low", number_or_null(slice.low)},
                     {"high", number_or_null(slice.high)},
                     {"p_holm", slice.p_holm}});
  }
  return {{"metric", report.slices->metric}, {"tested", report.slices->tested}, {"worst", worst}};
}

Json gate_json(const GateResult& gate) {
  return {{"metric", gate.metric},
          {"min", number_or_null(gate.min)},
          {"max", number_or_null(gate.max)},
          {"value", number_or_null(gate.value)},
          {"low", number_or_null(gate.low)},
          {"high", number_or_null(gate.high)},
          {"confidence", gate.confidence},
          {"method", gate.method},
          {"group", gate.group.empty() ? Json(nullptr) : Json(gate.group)},
          {"state", gate_state_name(gate.state)},
          {"passed", gate.passed},
          {"rows_needed", gate.rows_needed ? Json(*gate.rows_needed) : Json(nullptr)},
          {"reason", gate.reason}};
}

Json threshold_json(const Report& report) {
  if (!report.threshold) return nullptr;
  return {{"value", report.threshold->value}, {"chosen_by", report.threshold->chosen_by}};
}

}  // namespace

Json report_json(const Report& report) {
  Json json;
  json["format_version"] = kFormatVersion;
  json["model"] = report.model;
  json["digest"] = report.digest;
  json["data"] = report.data;
  json["rows_sha256"] = text_or_null(report.rows_sha256);
  json["split"] = report.split;
  json["count"] = report.count;
  json["weight"] = report.weight_column.empty() ? Json(nullptr) : Json(report.weight_column);
  json["confidence"] = report.confidence;
  json["threshold"] = threshold_json(report);
  json["decided_by"] = report.decided_by.empty() ? Json(nullptr) : Json(report.decided_by);
  json["ranking"] = report.ranking;
  json["metrics"] = metrics_json(report.metrics, report.confidence);
  if (report.decision) {
    json["decision"] = decision_json(*report.decision, report.confidence);
  }
  if (report.kind == OutputKind::language_model) {
    json["tokenizer_sha256"] = text_or_null(report.tokenizer);
    json["sliding_stride"] =
        report.sliding_stride > 0 ? Json(report.sliding_stride) : Json(nullptr);
    json["baseline"] = baseline_json(report);
    json["by_position"] = positions_json(report);
    json["by_document"] = documents_json(report);
  }
  json["per_class"] = Json::array();
  for (const auto& row : report.per_class) {
    json["per_class"].push_back(class_json(row, report.confidence));
  }
  json["confusion"] = {{"labels", report.labels}, {"matrix", report.confusion}};
  json["groups"] = groups_json(report.groups, report.confidence);
  json["gaps"] = gaps_json(report);
  json["inequality"] = metrics_json(report.inequality, report.confidence);
  json["slices"] = slices_json(report);
  if (report.cross_validation) {
    const auto& folds = *report.cross_validation;
    json["cross_validation"] = {{"folds", folds.folds},
                                {"repeats", folds.repeats},
                                {"kind", folds.kind},
                                {"metrics", metrics_json(folds.metrics, report.confidence)}};
  }
  json["gates"] = Json::array();
  for (const auto& gate : report.gates) json["gates"].push_back(gate_json(gate));
  json["findings"] = report.findings;
  return json;
}

}  // namespace candor
