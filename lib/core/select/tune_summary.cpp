// SPDX-License-Identifier: Apache-2.0
#include "core/select/tune_summary.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <candor/version.h>

#include "core/base/counted.h"
#include "core/base/json_number.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"

namespace candor {
namespace {

constexpr std::size_t kShown = 10;

std::string digits(const std::optional<double>& value) {
  return value ? fixed(*value, decimals_for(*value)) : "-";
}

const char* method_name(SearchMethod method) {
  switch (method) {
    case SearchMethod::grid: return "grid";
    case SearchMethod::random: return "random";
    case SearchMethod::halving: break;
  }
  return "halving";
}

}  // namespace

void TuneSummary::read_report(const Json& report, const std::string& where) {
  try {
    if (report.at("split") != "test") return;
    const auto metric = report.at("metrics").find(rule.comparable);
    if (metric == report.at("metrics").end() || !metric->at("value").is_number()) return;
    test = metric->at("value").get<double>();
    if (metric->at("low").is_number()) test_low = metric->at("low").get<double>();
    if (metric->at("high").is_number()) test_high = metric->at("high").get<double>();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::model, where + ": is no report of candor (" + error.what() + ")");
  }
}

std::vector<TrialResult> TuneSummary::last_round() const {
  std::vector<TrialResult> found;
  for (const auto& result : results) {
    if (result.rung == best.rung) found.push_back(result);
  }
  return ranked(std::move(found), rule.higher_is_better);
}

// Of the first round, where all trials are alike.
Optimism TuneSummary::optimism() const {
  std::vector<double> scores;
  for (const auto& result : results) {
    if (result.rung == 0 && result.done() && result.comparable) {
      scores.push_back(*result.comparable);
    }
  }
  return optimism_of(scores);
}

std::optional<double> TuneSummary::flattered_by() const {
  if (!test || !best.comparable) return std::nullopt;
  return rule.higher_is_better ? *best.comparable - *test : *test - *best.comparable;
}

std::string TuneSummary::selection_text() const {
  const auto chance = optimism();
  std::string text;
  const auto* chosen_by = rule.by_folds ? "cross-validated" : "validation";
  if (const auto by = flattered_by()) {
    text += fmt::format(
        "selection: chosen by its {} {}, {}; the test says {}, which is {} {}: quote the test's\n",
        chosen_by, rule.comparable, digits(best.comparable), digits(test), digits(std::abs(*by)),
        *by >= 0.0 ? "worse" : "better");
  } else {
    text += fmt::format(
        "selection: chosen by its {} {}, {}, which flatters; there are no test rows that tell by "
        "how "
        "much: set data.split.test or data.files.test\n",
        chosen_by, rule.comparable, digits(best.comparable));
  }
  if (chance.trials < 2) return text;
  text += fmt::format(
      "chance: were all {} trials equally good, and spread by chance alone as they are ({}, 1.4826 "
      "x the median distance from their median), the best would look {} better than it is\n",
      chance.trials, digits(chance.spread), digits(chance.expected));
  return text;
}

// Of the first round, where each is once.
std::int64_t TuneSummary::trials_tried() const {
  return std::count_if(results.begin(), results.end(),
                       [](const TrialResult& result) { return result.rung == 0; });
}

std::string TuneSummary::text(bool color) const {
  const TextStyle style(color);
  const auto shown = last_round();
  TextTable table;
  table.align = {'l', 'r', 'r'};
  TextCells head = {"trial", rule.name, "epochs"};
  for (const auto& [key, value] : best.values) {
    table.align.push_back('l');
    head.push_back(short_key(key, best.values));
  }
  table.rows.push_back(head);
  for (std::size_t i = 0; i < std::min(kShown, shown.size()); ++i) {
    TextCells row = {std::to_string(shown[i].trial + 1), digits(shown[i].score),
                     fmt::format("{:.4g}", shown[i].epochs)};
    for (const auto& [key, value] : shown[i].values) row.push_back(value);
    table.rows.push_back(row);
  }
  const auto count = [&](const std::string& state) {
    return std::count_if(results.begin(), results.end(),
                         [&](const TrialResult& result) { return result.state == state; });
  };
  const std::int64_t rounds = best.rung + 1;
  auto text = "search: " + std::string(method_name(method)) + ", ";
  if (method == SearchMethod::halving) {
    text += fmt::format("{} in {}, ", counted(trials_tried(), "trial"), counted(rounds, "round"));
  }
  text +=
      fmt::format("{} done, {} failed, {} diverged\n",
                  counted(count("done"), method == SearchMethod::halving ? "training" : "trial"),
                  count("failed"), count("diverged"));
  text += table.print(style);
  if (shown.size() > kShown) {
    text += fmt::format("and {} more in {}/trials.jsonl\n", shown.size() - kShown, path);
  }
  return text + "\n" + selection_text();
}

Json TuneSummary::json() const {
  const auto chance = optimism();
  Json json;
  json["format_version"] = kFormatVersion;
  json["run"] = path;
  json["method"] = method_name(method);
  json["score"] = rule.name;
  json["better"] = rule.higher_is_better ? "higher" : "lower";
  json["best"] = trial_json(best);
  json["test"] = {{"metric", rule.comparable},
                  {"value", number_or_null(test)},
                  {"low", number_or_null(test_low)},
                  {"high", number_or_null(test_high)}};
  json["selection"] = {{"flattered_by", number_or_null(flattered_by())},
                       {"trials", chance.trials},
                       {"spread", chance.spread},
                       {"expected_optimism", chance.expected}};
  auto trials = Json::array();
  for (const auto& result : results) trials.push_back(trial_json(result));
  json["trials"] = trials;
  return json;
}

}  // namespace candor
