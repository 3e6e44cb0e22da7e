// SPDX-License-Identifier: Apache-2.0
// Cross-validation by the real program: what it writes, what it must not know, and that a run that
// was cut off ends with the same bytes.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "apps/json_files.h"
#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::json_of;
using candor::test::Outcome;
using candor::test::Process;
using candor::test::rows_of;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

int line_number(const Json& row) {
  const auto id = row["id"].get<std::string>();
  return std::stoi(id.substr(id.rfind(':') + 1));
}

std::vector<std::string> folding(const std::string& config, const fs::path& run,
                                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {
      "train",     config, "--run",          run.string(),
      "--threads", "1",    "train.epochs=4", "cross_validation={\"folds\": 3}"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string fold(const fs::path& run, int number, const std::string& file) {
  return slurp(run / "folds" / ("fold-0" + std::to_string(number)) / file);
}

// A table of `rows` rows whose target nothing predicts, with a column that `value` gives by row.
template <class Value>
std::string write_noise(const TempDir& folder, int rows, const std::string& name,
                        const Value& value) {
  std::ostringstream csv;
  csv << "x," << name << ",outcome\n";
  std::uint32_t state = 7;
  for (int row = 0; row < rows; ++row) {
    state = state * 1664525u + 1013904223u;
    csv << (state >> 9) % 1000 << ',' << value(row) << ',' << ((state >> 20) % 2 ? "yes" : "no")
        << '\n';
  }
  folder.write("noise.csv", csv.str());
  return folder.write("noise.json", R"({
  "name": "noise",
  "task": {"type": "classification", "target": "outcome", "positive": "yes"},
  "data": {"type": "table", "files": {"train": "noise.csv"}, "split": {"validation": 0.2}},
  "model": {"type": "mlp", "hidden": [16]},
  "train": {"epochs": 6, "batch_size": 16, "optimizer": {"type": "adamw", "learning_rate": 0.01}},
  "cross_validation": {"folds": 4}
})");
}

Json auc_of(const fs::path& run) {
  return json_of(run / "cross_validation.json")["metrics"]["roc_auc"];
}

}  // namespace

TEST_CASE("cross-validation holds every row out once, judges each fold, and trains the model",
          "[folds]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto run = folder / "run";
  const auto done = run_candor(folding(config, run));
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK_THAT(done.out, CANDOR_CONTAINS("people: 3 folds of 192 rows (stratified)\n"));
  CHECK_THAT(done.out, CANDOR_CONTAINS("cross-validated auc"));
  CHECK_THAT(done.out, CANDOR_CONTAINS("nadeau-bengio"));
  CHECK_THAT(done.out, CANDOR_CONTAINS("run: " + run.string()));

  std::set<int> test_rows;
  for (const auto& row : rows_of(run / "predictions" / "test.jsonl")) {
    test_rows.insert(line_number(row));
  }
  const auto held_out = rows_of(run / "predictions" / "out_of_fold.jsonl");
  CHECK(held_out.size() == 192);
  int before = 0;
  std::map<int, int> folds;
  for (const auto& row : held_out) {
    CHECK(line_number(row) > before);  // in the order of rows
    before = line_number(row);
    CHECK(test_rows.count(before) == 0);
    ++folds[row["fold"].get<int>()];
  }
  CHECK(folds == std::map<int, int>{{1, 64}, {2, 64}, {3, 64}});

  const auto summary = json_of(run / "cross_validation.json");
  double sum = 0.0;
  for (int number = 1; number <= 3; ++number) {
    const auto report = Json::parse(fold(run, number, "report.json"));
    CHECK(report["split"] == "test");
    CHECK(report["count"] == 64);
    const double auc = report["metrics"]["roc_auc"]["value"];
    sum += auc;
    const auto& score = summary["per_fold"][static_cast<std::size_t>(number - 1)];
    CHECK(score["metrics"]["roc_auc"] == auc);
    CHECK(score["training_rows"] == 128);
  }
  CHECK(summary["metrics"]["roc_auc"]["value"].get<double>() == Approx(sum / 3));
  CHECK(summary["metrics"]["roc_auc"]["method"] == "cross-validated auc");
  CHECK(summary["metrics"]["accuracy"]["method"] == "nadeau-bengio");
  const auto told = json_of(run / "report.json")["cross_validation"];
  CHECK(told["folds"] == 3);
  CHECK(told["repeats"] == 1);
  CHECK(told["kind"] == "stratified");
  CHECK(told["metrics"] == summary["metrics"]);
  const std::string sentence = "Means over 3 folds (stratified): models of the same config";
  for (const auto* file : {"report.html", "report.md"}) {
    CHECK_THAT(slurp(run / file), CANDOR_CONTAINS(sentence));
  }
  CHECK_FALSE(Json::parse(fold(run, 1, "report.json")).contains("cross_validation"));
}

TEST_CASE("a fold is evaluated on the rows that it held out", "[folds]") {
  TempDir folder;
  const auto run = folder / "run";
  REQUIRE(run_candor(folding(candor::test::write_table_config(folder), run,
                             {"cross_validation.repeats=2"}))
              .exit_code == 0);
  for (const int number : {2, 5}) {
    const auto path = run / "folds" / ("fold-0" + std::to_string(number));
    const auto done = run_candor({"eval", path.string(), "--json"});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    const auto report = Json::parse(done.out), trained = json_of(path / "report.json");
    CHECK(report["count"] == 64);
    CHECK(report["metrics"] == trained["metrics"]);
    CHECK(report["data"] == trained["data"]);
    CHECK(report["findings"].back() ==
          "The model is that of fold 2 of a cross-validation, and these are the rows that the "
          "fold held out; the config's own test rows are not among them.");
  }
  auto environment = json_of(run / "folds" / "fold-02" / "environment.json");
  environment["split"]["fold"] = 9;
  std::ofstream(run / "folds" / "fold-02" / "environment.json") << environment;
  const auto damaged = run_candor({"eval", (run / "folds" / "fold-02").string()});
  CHECK(damaged.exit_code == 4);
  CHECK(damaged.err == "error: " + (run / "folds" / "fold-02" / "environment.json").string() +
                           ": /split/fold must be a whole number from 1 to 3\n");
}

TEST_CASE("preprocessing is fitted in each fold, on its training rows", "[folds]") {
  TempDir folder;
  const auto run = folder / "run";
  REQUIRE(run_candor(folding(candor::test::write_table_config(folder), run)).exit_code == 0);
  std::set<std::string> fitted = {slurp(run / "model" / "preprocess.json")};
  for (int number = 1; number <= 3; ++number) {
    fitted.insert(fold(run, number, "model/preprocess.json"));
  }
  CHECK(fitted.size() == 4);
}

TEST_CASE("the model is the one that training without folds gives", "[folds]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  REQUIRE(run_candor(folding(config, folder / "with")).exit_code == 0);
  REQUIRE(run_candor(folding(config, folder / "without", {"cross_validation=null"})).exit_code ==
          0);
  CHECK(slurp(folder / "with" / "model" / "model.safetensors") ==
        slurp(folder / "without" / "model" / "model.safetensors"));
  CHECK_FALSE(fs::exists(folder / "without" / "folds"));
}

TEST_CASE("a column that names each row's fold does not help", "[folds]") {
  TempDir folder;
  const auto first = folder / "first", second = folder / "second";
  const auto constant = [](int) { return 0; };
  REQUIRE(run_candor({"train", write_noise(folder, 400, "label", constant), "--run", first.string(),
                      "--folds-only"})
              .exit_code == 0);
  std::map<int, int> fold_of;
  for (const auto& row : rows_of(first / "predictions" / "out_of_fold.jsonl")) {
    fold_of[line_number(row)] = row["fold"];
  }
  REQUIRE(fold_of.size() == 400);
  const auto config =
      write_noise(folder, 400, "label", [&](int row) { return fold_of.at(row + 2); });
  REQUIRE(run_candor({"train", config, "--run", second.string(), "--folds-only",
                      "+data.columns.label={\"type\": \"category\"}"})
              .exit_code == 0);
  for (const auto& row : rows_of(second / "predictions" / "out_of_fold.jsonl")) {
    CHECK(fold_of.at(line_number(row)) == row["fold"]);  // the folds are the same ones
  }
  const auto auc = auc_of(second);
  CHECK(auc["low"].get<double>() < 0.53);
  CHECK(auc["value"].get<double>() < 0.6);
}

// With the targets of held-out rows, a category of one row would say all.
TEST_CASE("targets of held-out rows do not leak through the encoding of categories", "[folds]") {
  TempDir folder;
  const auto config =
      write_noise(folder, 400, "who", [](int row) { return "p" + std::to_string(row); });
  const auto run = folder / "run";
  const auto done = run_candor({"train", config, "--run", run.string(), "--folds-only",
                                "+data.columns.who={\"type\": \"category\"}",
                                "data.categorical.encoding=target"});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(auc_of(run)["value"].get<double>() < 0.6);
  CHECK_FALSE(fs::exists(run / "model"));
  const auto listed = run_candor({"runs", run.string()});
  CHECK_THAT(listed.out, CANDOR_CONTAINS("run  cross_validated "));
  CHECK_THAT(listed.out, CANDOR_CONTAINS("; no model; --resume without --folds-only trains it\n"));
}

TEST_CASE("a group is in one fold, and folds by time hold out what is newer", "[folds]") {
  TempDir folder;
  const auto config = write_noise(folder, 200, "when", [](int row) { return (row * 37) % 200; });
  const auto by_group = folder / "group", by_time = folder / "time";
  REQUIRE(run_candor({"train", config, "--run", by_group.string(), "--folds-only",
                      "data.split.group=x", "train.epochs=1"})
              .exit_code == 0);
  CHECK(json_of(by_group / "cross_validation.json")["kind"] == "stratified_group");
  const auto csv = slurp(folder / "noise.csv");
  std::vector<std::string> lines;
  std::istringstream stream(csv);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::map<std::string, std::set<int>> folds_of_group;
  for (const auto& row : rows_of(by_group / "predictions" / "out_of_fold.jsonl")) {
    const auto& line = lines[static_cast<std::size_t>(line_number(row) - 1)];
    folds_of_group[line.substr(0, line.find(','))].insert(row["fold"].get<int>());
  }
  for (const auto& [group, folds] : folds_of_group) CHECK(folds.size() == 1);

  REQUIRE(run_candor({"train", config, "--run", by_time.string(), "--folds-only",
                      "data.split.time=when", "train.epochs=1"})
              .exit_code == 0);
  const auto held_out = rows_of(by_time / "predictions" / "out_of_fold.jsonl");
  CHECK(held_out.size() == 160);  // the oldest fifth is in no fold
  std::map<int, std::pair<int, int>> times;
  for (const auto& row : held_out) {
    const int when = ((line_number(row) - 2) * 37) % 200;
    auto& [first, last] = times.emplace(row["fold"], std::pair{when, when}).first->second;
    first = std::min(first, when);
    last = std::max(last, when);
  }
  for (int number = 1; number < 4; ++number) CHECK(times[number].second < times[number + 1].first);
}

TEST_CASE("a cross-validation that is stopped and killed ends with the same bytes", "[folds]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const std::vector<std::string> more = {"train.epochs=60"};
  const auto straight = folder / "straight", cut = folder / "cut";
  REQUIRE(run_candor(folding(config, straight, more)).exit_code == 0);
  auto words = folding(config, cut, more);
  const auto interrupt = [&](const fs::path& awaited, int signal) {
    auto line = words;
    line.insert(line.begin(), "candor");
    if (fs::exists(cut / "config.json")) line.push_back("--resume");
    Process process(line);
    while (process.running() && slurp(awaited).size() < 2000) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    process.signal(signal);
    const auto outcome = process.wait();
    INFO(outcome.err);
    return outcome;
  };
  const auto stopped = interrupt(cut / "folds" / "fold-02" / "metrics.jsonl", SIGTERM);
  CHECK(stopped.exit_code == 75);
  CHECK_THAT(stopped.err,
             CANDOR_CONTAINS("stopped in fold 2 of 3, after a checkpoint; continue "
                             "with: candor train " +
                             cut.string() + "/config.json --run " + cut.string() + " --resume\n"));
  CHECK(interrupt(cut / "folds" / "fold-03" / "metrics.jsonl", SIGKILL).exit_code == 128 + SIGKILL);
  CHECK(interrupt(cut / "metrics.jsonl", SIGTERM).exit_code == 75);
  words.push_back("--resume");
  const auto done = run_candor(words);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK_THAT(done.err, CANDOR_CONTAINS("fold 1 of 3: done before"));
  for (const std::string file :
       {"cross_validation.json", "predictions/out_of_fold.jsonl", "model/model.safetensors",
        "metrics.jsonl", "report.json", "folds/fold-01/model/model.safetensors",
        "folds/fold-02/model/model.safetensors", "folds/fold-02/metrics.jsonl",
        "folds/fold-03/metrics.jsonl"}) {
    INFO(file);
    CHECK(slurp(cut / file) == slurp(straight / file));
  }
}

TEST_CASE("what cannot be cross-validated is refused, and leaves nothing", "[folds]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto many = run_candor(folding(config, folder / "many", {"cross_validation.folds=500"}));
  CHECK(many.exit_code == 3);
  CHECK(many.err ==
        "error: 500 folds need at least 500 different rows; there are 189; ask for fewer folds\n");
  CHECK_FALSE(fs::exists(folder / "many"));
  const auto none = run_candor({"train", config, "--folds-only", "--run", (folder / "n").string()});
  CHECK(none.exit_code == 2);
  CHECK(none.err ==
        "error: --folds-only needs cross_validation in the config, for example "
        "cross_validation={\"folds\": 5}\n");
}

TEST_CASE("folds of images and of values are judged, too", "[folds]") {
  for (const std::string family : {"images", "regression"}) {
    INFO(family);
    TempDir folder;
    const auto run = folder / "run";
    const auto done =
        run_candor({"train", write_config(family, folder), "--run", run.string(), "--folds-only",
                    "train.epochs=1", "cross_validation={\"folds\": 2, \"repeats\": 2}"});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    const auto summary = json_of(run / "cross_validation.json");
    CHECK(summary["per_fold"].size() == 4);
    const char* metric = family == "images" ? "accuracy" : "rmse";
    CHECK(summary["metrics"][metric]["value"].is_number());
    const auto held_out = rows_of(run / "predictions" / "out_of_fold.jsonl");
    CHECK(held_out.size() == 2 * summary["rows"].get<std::size_t>());
    CHECK(held_out.front()["repeat"] == 1);
    CHECK(held_out.back()["repeat"] == 2);
  }
}

TEST_CASE("--no-test leaves the test rows alone", "[folds]") {
  TempDir folder;
  const auto run = folder / "run";
  REQUIRE(run_candor({"train", candor::test::write_table_config(folder), "--run", run.string(),
                      "--no-test", "train.epochs=2"})
              .exit_code == 0);
  CHECK(json_of(run / "report.json")["split"] == "validation");
  CHECK_FALSE(fs::exists(run / "predictions" / "test.jsonl"));
}

TEST_CASE("--stop-after stops there, as often as it is asked, and the run goes on bit-equal",
          "[folds]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  const auto straight = folder / "straight", paused = folder / "paused";
  const std::vector<std::string> words = {"train", config, "--threads", "1", "train.epochs=6"};
  const auto in = [&](const fs::path& run, const std::vector<std::string>& more) {
    auto line = words;
    line.insert(line.end(), {"--run", run.string()});
    line.insert(line.end(), more.begin(), more.end());
    return run_candor(line);
  };
  REQUIRE(in(straight, {}).exit_code == 0);
  CHECK(in(paused, {"--stop-after", "2"}).exit_code == 75);
  const auto rows = slurp(paused / "metrics.jsonl");
  CHECK(Json::parse(rows_of(paused / "metrics.jsonl").back().dump())["epoch"] == 2.0);
  CHECK(in(paused, {"--stop-after", "2", "--resume"}).exit_code == 75);
  CHECK(slurp(paused / "metrics.jsonl") == rows);
  CHECK(in(paused, {"--stop-after", "4", "--resume"}).exit_code == 75);
  REQUIRE(in(paused, {"--resume"}).exit_code == 0);
  CHECK(slurp(paused / "metrics.jsonl") == slurp(straight / "metrics.jsonl"));
  CHECK(slurp(paused / "model" / "model.safetensors") ==
        slurp(straight / "model" / "model.safetensors"));
}
