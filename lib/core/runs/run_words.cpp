// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

std::string utc(std::int64_t time, const char* format) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), format, &parts);
  return text;
}

Json or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json time_json(std::int64_t time) {
  return time > 0 ? Json(utc(time, "%Y-%m-%dT%H:%M:%SZ")) : Json(nullptr);
}

Json report_part(const RunRecord& run) {
  if (run.split.empty() && run.metrics.empty()) return nullptr;
  auto metrics = Json::object();
  for (const auto& metric : run.metrics) {
    metrics[metric.name] = {{"value", or_null(metric.value)},
                            {"low", or_null(metric.low)},
                            {"high", or_null(metric.high)}};
  }
  return {{"split", run.split}, {"confidence", run.confidence}, {"metrics", metrics}};
}

}  // namespace

std::string state_text(const RunRecord& run) {
  if (run.kind == RecordKind::predictions) return "predictions";
  if (run.kind == RecordKind::report && run.state != RunState::damaged) return "report";
  return state_name(run.state);
}

std::string steps_text(const RunRecord& run) {
  if (run.kind != RecordKind::run) return "-";
  if (!run.planned_steps) return std::to_string(run.steps);
  return fmt::format("{}/{}", run.steps, *run.planned_steps);
}

std::string time_text(std::int64_t time) { return time > 0 ? utc(time, "%Y-%m-%d %H:%M") : "-"; }

std::string duration_text(const RunRecord& run) {
  if (!run.seconds) return "-";
  const auto whole = std::llround(*run.seconds);
  if (whole < 60) return fmt::format("{:.1f} s", *run.seconds);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string best_text(const BestScore& best) {
  return value_text({best.metric, best.value, {}, {}, "", "", true});
}

std::string metric_text(const Metric& metric) {
  const auto interval = interval_text(metric);
  return value_text(metric) + (interval == "-" ? "" : " " + interval);
}

std::string shown_apart(const std::string& value, const std::vector<std::string>& values,
                        std::size_t width) {
  constexpr std::size_t kKept = 4;  // bytes of what is shared, before what differs
  const auto cut = shown(value, width);
  std::optional<std::size_t> shared;  // the most that a value which looks the same has in common
  for (const auto& other : values) {
    if (other == value || shown(other, width) != cut) continue;
    const auto most = std::min(value.size(), other.size());
    const auto differ = std::mismatch(
        value.begin(), value.begin() + static_cast<std::ptrdiff_t>(most), other.begin());
    shared = std::max(shared.value_or(0), static_cast<std::size_t>(differ.first - value.begin()));
  }
  if (!shared) return cut;
  auto begin = *shared > kKept ? *shared - kKept : 0;
  while (begin > 0 && (static_cast<unsigned char>(value[begin]) & 0xC0) == 0x80) --begin;
  return "…" + shown(std::string_view(value).substr(begin), width - 1);
}

Json run_json(const RunRecord& run) {
  Json json;
  json["name"] = run.name;
  json["path"] = run.path.string();
  json["state"] = state_text(run);
  json["note"] = run.note.empty() ? Json(nullptr) : Json(run.note);
  json["steps"] = run.steps;
  json["planned_steps"] = run.planned_steps ? Json(*run.planned_steps) : Json(nullptr);
  json["started"] = time_json(run.started);
  json["changed"] = time_json(run.changed);
  json["seconds"] = or_null(run.seconds);
  json["validation"] = nullptr;
  if (run.best) {
    json["validation"] = {
        {"metric", run.best->metric}, {"value", run.best->value}, {"step", run.best->step}};
  }
  json["report"] = report_part(run);
  return json;
}

}  // namespace candor
