// SPDX-License-Identifier: Apache-2.0
// Which values trials have, how long they go on, and what their log keeps.
#include <cmath>
#include <map>
#include <set>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/config/config_json.h"
#include "core/select/draw_trial.h"
#include "core/select/refit.h"
#include "core/select/trial_log.h"
#include "core/select/tune_summary.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;
using test::slurp;
using test::TempDir;

namespace {

RunConfig searched(const std::string& search, const std::string& tune = "{}",
                   const std::string& more = "") {
  return config_from_json(Json::parse(R"({
    "name": "people",
    "task": {"type": "classification", "target": "outcome"},
    "data": {"type": "table", "files": {"train": "people.csv"}, "split": {"validation": 0.2}},
    "model": {"type": "mlp"},
    "train": {"epochs": 9}, "search": )" +
                                      search + R"(, "tune": )" + tune + more + "}"),
                          "f.json");
}

std::map<std::string, Json> drawn(const RunConfig& config, std::int64_t trial) {
  std::map<std::string, Json> values;
  for (const auto& [key, json] : draw_trial(config, trial)) values[key] = Json::parse(json);
  return values;
}

const char* const kSearch = R"({
  "train.optimizer.learning_rate": {"log": [0.0001, 0.1]},
  "model.dropout": {"uniform": [0.1, 0.5]},
  "train.batch_size": {"integer": [16, 19]},
  "model.activation": {"choice": ["relu", "gelu"]}
})";

TrialResult result_of(std::int64_t trial, double score, std::int64_t rung = 0) {
  TrialResult result;
  result.trial = trial;
  result.rung = rung;
  result.values = {{"model.dropout", "0.25"}};
  result.score = result.comparable = score;
  result.epochs = 2.5;
  result.steps = 25;
  return result;
}

}  // namespace

TEST_CASE("draws lie in their spaces, spread over them, and depend on seed and number alone",
          "[select]") {
  const auto config = searched(kSearch);
  std::set<std::int64_t> sizes;
  std::set<std::string> activations;
  int low_half = 0;
  for (std::int64_t trial = 0; trial < 200; ++trial) {
    const auto values = drawn(config, trial);
    REQUIRE(values.size() == 4);
    const double rate = values.at("train.optimizer.learning_rate");
    CHECK(rate >= 0.0001);
    CHECK(rate <= 0.1);
    low_half += rate < std::sqrt(0.0001 * 0.1) ? 1 : 0;
    const double dropout = values.at("model.dropout");
    CHECK(dropout >= 0.1);
    CHECK(dropout <= 0.5);
    sizes.insert(values.at("train.batch_size").get<std::int64_t>());
    activations.insert(values.at("model.activation").get<std::string>());
    CHECK(draw_trial(config, trial) == draw_trial(config, trial));
  }
  CHECK(low_half > 70);  // even between the logarithms
  CHECK(low_half < 130);
  CHECK(sizes == std::set<std::int64_t>{16, 17, 18, 19});
  CHECK(activations == std::set<std::string>{"relu", "gelu"});
  CHECK(draw_trial(config, 0) != draw_trial(config, 1));
  auto other = config;
  other.tune.seed = 1;
  CHECK(draw_trial(config, 0) != draw_trial(other, 0));
}

TEST_CASE("a key that is added leaves the draws of the others alone", "[select]") {
  const auto one = searched(R"({"model.dropout": {"uniform": [0, 0.9]}})");
  const auto all = searched(kSearch);
  auto same = all;
  same.search.at("model.dropout") = one.search.at("model.dropout");
  for (std::int64_t trial = 0; trial < 20; ++trial) {
    CHECK(drawn(one, trial).at("model.dropout") == drawn(same, trial).at("model.dropout"));
  }
}

TEST_CASE("a grid has every combination once, from end to end", "[select]") {
  const auto config = searched(kSearch, R"({"method": "grid", "grid_points": 3})");
  CHECK(trial_count(config) == 3 * 3 * 3 * 2);
  std::set<std::string> seen;
  std::set<double> rates;
  for (std::int64_t trial = 0; trial < trial_count(config); ++trial) {
    seen.insert(Json(drawn(config, trial)).dump());
    rates.insert(drawn(config, trial).at("train.optimizer.learning_rate").get<double>());
  }
  CHECK(static_cast<std::int64_t>(seen.size()) == trial_count(config));
  REQUIRE(rates.size() == 3);
  CHECK(*rates.begin() == 0.0001);
  CHECK(*std::next(rates.begin()) == Approx(std::sqrt(0.0001 * 0.1)).epsilon(1e-5));
  CHECK(*rates.rbegin() == 0.1);
  CHECK(drawn(config, 0).at("train.batch_size") == drawn(config, 2).at("train.batch_size"));
  CHECK(drawn(config, 0).at("train.optimizer.learning_rate") !=
        drawn(config, 1).at("train.optimizer.learning_rate"));  // the last key changes fastest
}

TEST_CASE("an empty search and an endless grid are refused", "[select]") {
  const auto empty = error_of([] { trial_count(searched("{}")); });
  REQUIRE(empty);
  CHECK(empty->kind() == ErrorKind::config);
  CHECK(std::string(empty->what()) ==
        "search is empty, so there is nothing to choose; give it keys of the config and their "
        "values, for example \"search\": {\"train.optimizer.learning_rate\": {\"log\": [0.0001, "
        "0.01]}}");
  const auto endless = error_of(
      [] { trial_count(searched(kSearch, R"({"method": "grid", "grid_points": 1000})")); });
  REQUIRE(endless);
  CHECK(std::string(endless->what()) ==
        "search: the grid has more than 100000 combinations; lower tune.grid_points, search fewer "
        "keys, or set tune.method to \"random\"");
}

TEST_CASE("a trial's config has its values and nothing of the search", "[select]") {
  auto config = searched(R"({
    "train.optimizer.type": {"choice": ["sgd"]},
    "train.optimizer.momentum": {"choice": [0.9]},
    "model.hidden": {"choice": [[64, 32]]}})",
                         R"({"trials": 2})", R"(, "cross_validation": {"folds": 3})");
  const auto trial = trial_config(config, draw_trial(config, 0));
  CHECK(std::get<SgdConfig>(trial.train.optimizer).momentum == 0.9);
  CHECK(std::get<MlpConfig>(trial.model).hidden == std::vector<std::int64_t>{64, 32});
  CHECK(trial.search.empty());
  CHECK(trial.tune.trials == TuneConfig{}.trials);
  CHECK_FALSE(trial.cross_validation);
  config.tune.score = SearchScore::cross_validation;
  CHECK(trial_config(config, draw_trial(config, 0)).cross_validation);
}

TEST_CASE("successive halving lets a third go on for three times as long", "[select]") {
  const auto lengths = [](std::int64_t trials, std::int64_t length, std::int64_t unit) {
    std::vector<std::pair<std::int64_t, std::int64_t>> result;
    for (const auto& rung : halving_rungs(trials, length, unit)) {
      result.emplace_back(rung.trials, rung.length);
    }
    return result;
  };
  using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;
  CHECK(lengths(30, 14, 1) == Pairs{{30, 1}, {10, 4}, {3, 14}});
  CHECK(lengths(27, 27, 1) == Pairs{{27, 1}, {9, 3}, {3, 9}, {1, 27}});
  CHECK(lengths(2, 100, 1) == Pairs{{2, 100}});
  CHECK(lengths(9, 2, 1) == Pairs{{9, 2}});
  CHECK(lengths(9, 1000, 100) == Pairs{{9, 100}, {3, 300}, {1, 1000}});
}

TEST_CASE("the log keeps trials through a kill in the middle of a line", "[select]") {
  TempDir folder;
  const auto path = folder / "trials.jsonl";
  auto failed = result_of(1, 0.0);
  failed.score = failed.comparable = std::nullopt;
  failed.state = "diverged";
  failed.reason = "training diverged";
  {
    TrialLog log(path);
    log.append(result_of(0, 0.5));
    log.append(failed);
  }
  const auto whole = slurp(path);
  folder.write("trials.jsonl", whole + "{\"trial\":3,\"ru");
  TrialLog log(path);
  REQUIRE(log.results().size() == 2);
  CHECK(log.results()[0] == result_of(0, 0.5));
  CHECK(log.results()[1] == failed);
  CHECK(slurp(path) == whole);
  CHECK(log.find(0, 1)->state == "diverged");
  CHECK(log.find(1, 1) == nullptr);
  log.append(result_of(2, 0.25));
  CHECK(TrialLog(path).results().size() == 3);
  folder.write("trials.jsonl", "{\"trial\":1}\n");
  const auto damaged = error_of([&] { TrialLog{path}; });
  REQUIRE(damaged);
  CHECK(damaged->kind() == ErrorKind::model);
  CHECK_THAT(damaged->what(), CANDOR_CONTAINS("trials.jsonl:1: is no trial"));
}

TEST_CASE("trials are ranked by score, equal ones by number, and failed ones not at all",
          "[select]") {
  auto failed = result_of(3, 0.1);
  failed.state = "failed";
  const std::vector<TrialResult> results = {result_of(2, 0.5), result_of(0, 0.7), failed,
                                            result_of(1, 0.5)};
  const auto low = ranked(results, false);
  REQUIRE(low.size() == 3);
  CHECK(low[0].trial == 1);
  CHECK(low[1].trial == 2);
  CHECK(low[2].trial == 0);
  CHECK(ranked(results, true).front().trial == 0);
}

TEST_CASE("the spread of the trials is not moved by a few bad ones", "[select]") {
  const auto optimism = optimism_of({0.30, 0.31, 0.32, 0.33, 9.0});
  CHECK(optimism.trials == 5);
  CHECK(optimism.spread == Approx(1.4826 * 0.01));
  CHECK(optimism.expected == Approx(1.4826 * 0.01 * 1.16296447).epsilon(1e-6));
  CHECK(optimism_of({0.3}).expected == 0.0);
}

TEST_CASE("the winner is trained on the validation rows too, for as long as it was best",
          "[select]") {
  auto config = searched("{}");
  config.train.early_stopping = EarlyStoppingConfig{};
  config.train.metric = "accuracy";
  const auto refit = refit_config(config, 6.5, 650.0);
  CHECK(refit.kept_apart.empty());
  CHECK(refit.config.train.epochs == 7);
  CHECK_FALSE(refit.config.train.early_stopping);
  CHECK_FALSE(refit.config.train.metric);
  CHECK(refit.config.train.weights == Weights::last);
  CHECK_FALSE(std::get<TableData>(refit.config.data).split.validation);
  // The config of the refit is one that can be read again.
  CHECK_NOTHROW(config_from_json(Json::parse(write_config(refit.config)), "best.json"));
  config.train.epochs.reset();
  config.train.steps = 1000;
  CHECK(refit_config(config, 6.5, 650.0).config.train.steps == 650);
}

TEST_CASE("sets that come from folds are those of the last training alone", "[select]") {
  auto config = searched("{}");
  config.cross_validation = CrossValidationConfig{4, 1};
  config.calibration.conformal = ConformalConfig{.alpha = 0.2};
  for (const auto score : {SearchScore::validation, SearchScore::cross_validation}) {
    config.tune.score = score;
    const bool by_folds = score == SearchScore::cross_validation;
    const auto trial = trial_config(config, {});
    CHECK(trial.cross_validation.has_value() == by_folds);
    CHECK(trial.calibration.conformal.has_value() == by_folds);
    CHECK_NOTHROW(config_from_json(Json::parse(write_config(trial)), "trial.json"));
    auto last = refit_config(trial, 3.0, 30.0).config;
    keep_sets_of_folds(config, last);
    CHECK(last.cross_validation->folds == 4);
    CHECK(last.calibration.conformal->alpha == 0.2);
    CHECK_NOTHROW(config_from_json(Json::parse(write_config(last)), "best.json"));
  }
  config.calibration.conformal.reset();
  auto without = refit_config(trial_config(config, {}), 3.0, 30.0).config;
  keep_sets_of_folds(config, without);
  CHECK_FALSE(without.cross_validation);
}

TEST_CASE("own validation rows join the training files, unless that would move the test",
          "[select]") {
  auto config = searched("{}");
  auto& data = std::get<TableData>(config.data);
  data.split.validation.reset();
  data.files.validation = Paths("held.csv");
  const auto joined = refit_config(config, 2.0, 20.0).config;
  const auto& files = std::get<TableData>(joined.data).files;
  CHECK(files.train.list == std::vector<std::string>{"people.csv", "held.csv"});
  CHECK_FALSE(files.validation);
  data.split.test = 0.2;
  const auto apart = refit_config(config, 2.0, 20.0);
  CHECK(apart.kept_apart ==
        "with the rows of data.files.validation, data.split.test would choose other test rows");
  CHECK(apart.config.train.epochs == 9);
  data.split.test.reset();
  config.train.schedule = PlateauSchedule{};
  CHECK(refit_config(config, 2.0, 20.0).kept_apart ==
        "train.schedule.type plateau needs validation rows");
}

TEST_CASE("the summary says how much the choice flatters, and what chance alone would do",
          "[select]") {
  TuneSummary summary;
  summary.path = "runs/t";
  summary.rule.name = "loss";
  summary.rule.comparable = "log_loss";
  for (std::int64_t trial = 0; trial < 12; ++trial) {
    summary.results.push_back(result_of(trial, 0.30 + 0.01 * static_cast<double>(trial)));
  }
  summary.best = summary.results.front();
  summary.read_report(Json::parse(R"({"split": "test", "metrics": {"log_loss":
      {"value": 0.32, "low": 0.31, "high": 0.33}}})"),
                      "report.json");
  const auto text = summary.text(false);
  CHECK_THAT(text, CANDOR_CONTAINS("search: random, 12 trials done, 0 failed, 0 diverged\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("and 2 more in runs/t/trials.jsonl\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("selection: chosen by its validation log_loss, 0.3000; the test "
                                   "says 0.3200, which is 0.0200"));
  CHECK_THAT(text, CANDOR_CONTAINS(" worse: quote the test's\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("chance: were all 12 trials equally good"));
  const auto json = summary.json();
  CHECK(json["selection"]["flattered_by"].get<double>() == Approx(0.02));
  CHECK(json["trials"].size() == 12);
  summary.method = SearchMethod::halving;
  for (auto& result : summary.results) {
    result.values = {{"train.loss", "1"}, {"model.width", "8"}, {"train.width", "9"}};
  }
  summary.results.push_back(result_of(0, 0.30));
  summary.results.back().rung = 1;
  summary.results.back().values = summary.results.front().values;
  summary.best = summary.results.back();
  const auto halved = summary.text(false);
  CHECK_THAT(halved, CANDOR_CONTAINS("search: halving, 12 trials in 2 rounds, 13 trainings done, "
                                     "0 failed, 0 diverged\n"));
  // Keys by their last part, where that is enough.
  CHECK_THAT(halved, CANDOR_CONTAINS("epochs  loss  model.width  train.width\n"));
  summary.test.reset();
  CHECK_THAT(summary.text(false), CANDOR_CONTAINS("which flatters; there are no test rows"));
  CHECK(summary.json()["selection"]["flattered_by"].is_null());
}
