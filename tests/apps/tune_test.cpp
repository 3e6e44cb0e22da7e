// SPDX-License-Identifier: Apache-2.0
// The search by the real programs: trials side by side, failures, kills, and the final model.
#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "apps/json_files.h"
#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::json_of;
using candor::test::Process;
using candor::test::rows_of;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

const char* const kSearch =
    "search={\"train.optimizer.learning_rate\": {\"log\": [0.001, 0.03]}, \"model.dropout\": "
    "{\"uniform\": [0, 0.4]}}";

std::vector<std::string> tuning(const std::string& config, const fs::path& run,
                                const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {
      "tune", config,  "--run",         run.string(),      "--threads",
      "1",    kSearch, "tune.trials=4", "tune.parallel=2", "train.epochs=5"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void check_same_search(const fs::path& cut, const fs::path& straight) {
  CHECK(slurp(cut / "trials.jsonl") == slurp(straight / "trials.jsonl"));
  CHECK(slurp(cut / "best.json") == slurp(straight / "best.json"));
  CHECK(slurp(cut / "final" / "model" / "model.safetensors") ==
        slurp(straight / "final" / "model" / "model.safetensors"));
  CHECK(slurp(cut / "final" / "report.json") == slurp(straight / "final" / "report.json"));
}

}  // namespace

TEST_CASE("a search tries its trials, trains the best one anew and scores the test once",
          "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto run = folder / "run";
  const auto done = run_candor(tuning(config, run));
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK_THAT(done.out, CANDOR_CONTAINS("search: random, 4 trials done, 0 failed, 0 diverged\n"));
  CHECK_THAT(done.out, CANDOR_CONTAINS("selection: chosen by its validation log_loss, "));
  CHECK_THAT(done.out, CANDOR_CONTAINS("chance: were all 4 trials equally good"));
  CHECK_THAT(done.out, CANDOR_CONTAINS("run: " + (run / "final").string()));
  const auto trials = rows_of(run / "trials.jsonl");
  REQUIRE(trials.size() == 4);
  double best = 1e9;
  std::set<std::string> values;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    CHECK(trials[i]["trial"] == i + 1);
    CHECK(trials[i]["state"] == "done");
    best = std::min(best, trials[i]["score"].get<double>());
    values.insert(trials[i]["values"].dump());
    const auto trial = run / "trials" / ("trial-00" + std::to_string(i + 1));
    // The test rows have been looked at by nobody but the final model.
    CHECK(json_of(trial / "report.json")["split"] == "validation");
    CHECK_FALSE(fs::exists(trial / "predictions" / "test.jsonl"));
    CHECK(json_of(trial / "config.json")["model"]["dropout"] ==
          trials[i]["values"]["model.dropout"]);
  }
  CHECK(values.size() == 4);
  const auto winner = std::find_if(trials.begin(), trials.end(),
                                   [&](const Json& trial) { return trial["score"] == best; });
  const auto chosen = json_of(run / "best.json");
  CHECK(chosen["model"]["dropout"] == (*winner)["values"]["model.dropout"]);
  CHECK(chosen["data"]["split"]["validation"].is_null());
  CHECK(chosen["train"]["epochs"] == std::lround((*winner)["epochs"].get<double>()));
  CHECK(json_of(run / "final" / "report.json")["split"] == "test");
  CHECK(json_of(run / "final" / "report.json")["count"] == 48);
  const auto judged = run_candor({"eval", (run / "final").string(), "--json"});
  INFO(judged.err);
  CHECK(judged.exit_code == 0);
}

TEST_CASE("a search that is stopped and killed goes on to the same result", "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto straight = folder / "straight", cut = folder / "cut";
  const std::vector<std::string> more = {"train.epochs=60", "tune.trials=5"};
  REQUIRE(run_candor(tuning(config, straight, more)).exit_code == 0);
  const auto interrupt = [&](const fs::path& awaited, std::size_t bytes, int signal) {
    auto words = tuning(config, cut, more);
    words.insert(words.begin(), "candor");
    if (fs::exists(cut / "config.json")) words.push_back("--resume");
    Process process(words);
    while (process.running() && slurp(awaited).size() < bytes) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    process.signal(signal);
    const auto outcome = process.wait();
    INFO(outcome.err);
    return outcome;
  };
  const auto stopped = interrupt(cut / "trials" / "trial-001" / "metrics.jsonl", 3000, SIGTERM);
  CHECK(stopped.exit_code == 75);
  CHECK_THAT(stopped.err, CANDOR_CONTAINS("stopped; go on with: candor tune " + cut.string() +
                                          "/config.json --run " + cut.string() + " --resume\n"));
  CHECK(interrupt(cut / "trials" / "trial-002" / "metrics.jsonl", 8000, SIGKILL).exit_code ==
        128 + SIGKILL);
  CHECK(interrupt(cut / "trials.jsonl", 300, SIGKILL).exit_code == 128 + SIGKILL);
  CHECK(interrupt(cut / "final" / "metrics.jsonl", 3000, SIGTERM).exit_code == 75);
  auto words = tuning(config, cut, more);
  words.push_back("--resume");
  const auto done = run_candor(words);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  check_same_search(cut, straight);
}

TEST_CASE("trials that fail or diverge are recorded, and the search goes on", "[tune]") {
  TempDir folder;
  const auto run = folder / "run";
  const auto done =
      run_candor({"tune", candor::test::write_regression_config(folder), "--run", run.string(),
                  "train.epochs=3", "tune.method=grid",
                  "train.optimizer={\"type\": \"sgd\", \"learning_rate\": 0.01}",
                  "search={\"train.optimizer.learning_rate\": {\"choice\": [0.01, 100]}, "
                  "\"train.batch_size\": {\"choice\": [16, 5000]}}"});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const auto trials = rows_of(run / "trials.jsonl");
  REQUIRE(trials.size() == 4);
  CHECK(trials[0]["state"] == "done");
  CHECK(trials[1]["state"] == "diverged");
  CHECK_THAT(trials[1]["reason"].get<std::string>(), CANDOR_CONTAINS("training diverged"));
  for (const auto i : {2u, 3u}) {
    CHECK(trials[i]["state"] == "failed");
    CHECK(trials[i]["score"].is_null());
    CHECK_THAT(trials[i]["reason"].get<std::string>(),
               CANDOR_CONTAINS("train.batch_size 5000 is more than the data has for training"));
  }
  CHECK_THAT(done.out, CANDOR_CONTAINS("1 trial done, 2 failed, 1 diverged"));
}

TEST_CASE("a full disk is not held against a trial", "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto straight = folder / "straight", cut = folder / "cut";
  REQUIRE(run_candor(tuning(config, straight)).exit_code == 0);
  candor::test::RunOptions options;
  options.variables["CANDOR_FAULT"] = "no_space:1-:trial-002/";
  const auto failed = run_candor(tuning(config, cut), options);
  CHECK(failed.exit_code == 1);
  CHECK_THAT(failed.err, CANDOR_CONTAINS("error: trial 2: "));
  CHECK_THAT(failed.err, CANDOR_CONTAINS("No space left on device"));
  CHECK_THAT(failed.err,
             CANDOR_CONTAINS("; the search has stopped, mend that and go on with: candor tune " +
                             cut.string() + "/config.json --run " + cut.string() + " --resume\n"));
  auto again = tuning(config, cut);
  again.push_back("--resume");
  REQUIRE(run_candor(again).exit_code == 0);
  check_same_search(cut, straight);
}

TEST_CASE("when no trial is done, the search says why", "[tune]") {
  TempDir folder;
  const auto done = run_candor(
      {"tune", candor::test::write_table_config(folder), "--run", (folder / "run").string(),
       "search={\"train.batch_size\": {\"choice\": [5000]}}", "tune.trials=2"});
  CHECK(done.exit_code == 1);
  CHECK_THAT(done.err, CANDOR_CONTAINS("error: none of 2 trials was done; the first: "
                                       "train.batch_size 5000 is more than the data has"));
}

TEST_CASE("a search ends where trials of other values all end alike, and leaves nothing",
          "[tune]") {
  TempDir folder;
  const auto run = folder / "run";
  const auto config = candor::test::write_table_config(folder);
  const auto done =
      run_candor({"tune", config, "--run", run.string(), "train.batch_size=5000", "tune.trials=20",
                  "search={\"train.optimizer.learning_rate\": {\"log\": [0.1, 1]}}"});
  CHECK(done.exit_code == 2);
  CHECK_THAT(done.err,
             CANDOR_CONTAINS("trials with other values of every key ended alike: train.batch_size "
                             "5000 is more than the data has"));
  CHECK_FALSE(fs::exists(run));
  // One bad value may come first several times.
  const auto grid = run_candor(
      {"tune", config, "--run", run.string(), "tune.method=grid", "tune.parallel=1",
       "train.epochs=1", "--json",
       "search={\"train.batch_size\": {\"choice\": [5000, 16]}, "
       "\"train.optimizer.learning_rate\": {\"choice\": [0.001, 0.002, 0.003, 0.004]}}"});
  INFO(grid.err);
  CHECK(grid.exit_code == 0);
  CHECK(rows_of(run / "trials.jsonl").size() == 8);
}

TEST_CASE("values that no trial can have are told before the first trial", "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto run = folder / "run";
  const auto one = run_candor(tuning(config, run,
                                     {"search={\"train.optimizer.type\": {\"choice\": "
                                      "[\"adamw\", \"adamx\"]}}"}));
  CHECK(one.exit_code == 2);
  CHECK_THAT(one.err, CANDOR_CONTAINS("/search/train.optimizer.type: no trial can have \"adamx\", "
                                      "expected one of "));
  const auto all =
      run_candor(tuning(config, run, {"search={\"model.dropout\": {\"uniform\": [0.2, 3]}}"}));
  CHECK(all.exit_code == 2);
  CHECK_THAT(all.err, CANDOR_CONTAINS("/search/model.dropout: no trial can have 3.0, expected a "
                                      "number in [0, 1)"));
  const auto absent = run_candor(
      tuning(config, run, {"search={\"data.columns.size.use\": {\"choice\": [\"ignore\"]}}"}));
  CHECK(absent.exit_code == 2);
  CHECK_THAT(
      absent.err,
      CANDOR_CONTAINS("/search/data.columns.size.use: 'size' is not in data.columns, so that "
                      "no trial can change it; add it there, or search other keys"));
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("successive halving lets the better third go on, and a stop does not change it",
          "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const std::vector<std::string> more = {"tune.method=halving", "tune.trials=6", "train.epochs=9"};
  const auto straight = folder / "straight", cut = folder / "cut";
  const auto done = run_candor(tuning(config, straight, more));
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const auto trials = rows_of(straight / "trials.jsonl");
  REQUIRE(trials.size() == 6 + 2);
  std::vector<std::pair<double, int>> first;
  std::set<int> second;
  for (const auto& trial : trials) {
    if (trial["rung"] == 1) first.emplace_back(trial["score"], trial["trial"]);
    if (trial["rung"] == 2) second.insert(trial["trial"].get<int>());
    CHECK(trial["epochs"].get<double>() <= (trial["rung"] == 1 ? 3.0 : 9.0));
  }
  std::sort(first.begin(), first.end());
  CHECK(second == std::set<int>{first[0].second, first[1].second});
  auto words = tuning(config, cut, more);
  words.insert(words.begin(), "candor");
  {
    Process process(words);
    while (process.running() && rows_of(cut / "trials.jsonl").size() < 3) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    process.signal(SIGKILL);
    CHECK(process.wait().exit_code == 128 + SIGKILL);
  }
  auto again = tuning(config, cut, more);
  again.push_back("--resume");
  REQUIRE(run_candor(again).exit_code == 0);
  check_same_search(cut, straight);
}

TEST_CASE("trials can be judged by their folds, and train no model for it", "[tune]") {
  TempDir folder;
  const auto run = folder / "run";
  const auto done =
      run_candor(tuning(candor::test::write_table_config(folder), run,
                        {"cross_validation={\"folds\": 3}", "tune.score=cross_validation",
                         "tune.trials=2", "train.metric=roc_auc", "--json"}));
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const auto json = Json::parse(done.out);
  CHECK(json["score"] == "roc_auc");
  CHECK(json["better"] == "higher");
  CHECK(json["final"]["report"]["split"] == "test");
  for (const std::string trial : {"trial-001", "trial-002"}) {
    CHECK_FALSE(fs::exists(run / "trials" / trial / "model"));
    const auto folds = json_of(run / "trials" / trial / "cross_validation.json");
    CHECK(folds["per_fold"].size() == 3);
  }
  const auto scored = json["best"]["score"].get<double>();
  CHECK(json["selection"]["flattered_by"].get<double>() ==
        Approx(scored - json["test"]["value"].get<double>()));
}

TEST_CASE("what cannot be searched is refused, and leaves nothing", "[tune]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto run = folder / "run";
  const auto empty = run_candor({"tune", config, "--run", run.string()});
  CHECK(empty.exit_code == 2);
  CHECK_THAT(empty.err, CANDOR_CONTAINS("error: search is empty, so there is nothing to choose"));
  const auto unknown =
      run_candor({"tune", config, "--run", run.string(),
                  "search={\"train.optimizer.learning_rat\": {\"log\": [0.1, 1]}}"});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, CANDOR_CONTAINS("unknown key"));
  const auto zero = run_candor(tuning(config, run, {"tune.trials=0"}));
  CHECK(zero.exit_code == 2);
  const auto resume = run_candor(tuning(config, run, {"--resume"}));
  CHECK(resume.exit_code == 2);
  CHECK(resume.err ==
        "error: " + run.string() +
            ": is no search of candor tune; pass the folder that it made, or leave out --resume\n");
  CHECK_FALSE(fs::exists(run));
  const auto people = folder.write("people.csv", "age,income,city,outcome\n1,2,3,yes\n");
  const auto data = run_candor(tuning(config, run));
  CHECK(data.exit_code == 3);
  CHECK_THAT(data.err, CANDOR_CONTAINS("error: " + people +
                                       ": data.split.validation asks for a "
                                       "part, but its share of so little data is empty"));
  CHECK_FALSE(fs::exists(run));
}
