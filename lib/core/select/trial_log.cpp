// SPDX-License-Identifier: Apache-2.0
#include "core/select/trial_log.h"

#include <algorithm>
#include <cmath>

#include "core/base/files.h"
#include "core/base/json_number.h"
#include "core/metrics/averages.h"
#include "core/select/largest_normal.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// What a killed process left behind its last whole line goes.
void drop_torn_line(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  const auto text = read_file(path, ErrorKind::model);
  const auto end = text.rfind('\n');
  const auto whole = end == std::string::npos ? 0 : end + 1;
  if (whole != text.size()) write_file_atomic(path, std::string_view(text).substr(0, whole));
}

std::vector<TrialResult> read_results(const fs::path& path) {
  drop_torn_line(path);
  std::vector<TrialResult> results;
  std::error_code error;
  if (!fs::exists(path, error)) return results;
  const auto text = read_file(path, ErrorKind::model);
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const auto where = path.string() + ":" + std::to_string(results.size() + 1);
    const auto line = std::string_view(text).substr(begin, end - begin);
    results.push_back(trial_from_json(parse_json(line, where, ErrorKind::model), where));
  }
  return results;
}

}  // namespace

Json trial_json(const TrialResult& result) {
  Json json;
  json["trial"] = result.trial + 1;
  json["rung"] = result.rung + 1;
  json["state"] = result.state;
  json["score"] = number_or_null(result.score);
  json["comparable"] = number_or_null(result.comparable);
  json["epochs"] = result.epochs;
  json["steps"] = result.steps;
  auto values = Json::object();
  for (const auto& [key, text] : result.values) values[key] = Json::parse(text);
  json["values"] = values;
  if (!result.reason.empty()) json["reason"] = result.reason;
  return json;
}

TrialResult trial_from_json(const Json& json, const std::string& where) {
  try {
    TrialResult result;
    result.trial = json.at("trial").get<std::int64_t>() - 1;
    result.rung = json.at("rung").get<std::int64_t>() - 1;
    result.state = json.at("state");
    result.score = number_or_none(json.at("score"));
    result.comparable = number_or_none(json.at("comparable"));
    result.epochs = json.at("epochs");
    result.steps = json.at("steps");
    for (const auto& [key, value] : json.at("values").items()) {
      result.values.emplace_back(key, value.dump());
    }
    result.reason = json.value("reason", "");
    return result;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::model, where + ": is no trial (" + error.what() +
                                      "); the file is damaged: search anew with --overwrite");
  }
}

TrialLog::TrialLog(const fs::path& path) : results_(read_results(path)), file_(path) {}

const TrialResult* TrialLog::find(std::int64_t rung, std::int64_t trial) const {
  const auto found = std::find_if(results_.begin(), results_.end(), [&](const TrialResult& r) {
    return r.rung == rung && r.trial == trial;
  });
  return found == results_.end() ? nullptr : &*found;
}

void TrialLog::append(const TrialResult& result) {
  file_.append(trial_json(result));
  file_.sync();
  results_.push_back(result);
}

std::vector<TrialResult> ranked(std::vector<TrialResult> results, bool higher_is_better) {
  std::erase_if(results, [](const TrialResult& result) { return !result.done(); });
  std::sort(results.begin(), results.end(), [&](const TrialResult& a, const TrialResult& b) {
    if (*a.score != *b.score) return higher_is_better ? *a.score > *b.score : *a.score < *b.score;
    return a.trial < b.trial;
  });
  return results;
}

Optimism optimism_of(const std::vector<double>& scores) {
  Optimism optimism;
  optimism.trials = static_cast<std::int64_t>(scores.size());
  if (scores.size() < 2) return optimism;
  const double middle = median(scores);
  std::vector<double> distances;
  for (const double score : scores) distances.push_back(std::abs(score - middle));
  optimism.spread = 1.4826 * median(std::move(distances));
  optimism.expected = optimism.spread * expected_largest_normal(optimism.trials);
  return optimism;
}

}  // namespace candor
