// SPDX-License-Identifier: Apache-2.0
// A run that is stopped or killed and resumed ends bit-equal to one that was not, with dropout and
// augmentation on.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <thread>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using Json = nlohmann::json;
using candor::test::Process;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;

std::size_t rows_in(const fs::path& file) {
  const auto text = slurp(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Starts `words`, sends `number` once `run`/metrics.jsonl has `rows` rows, and gives the exit code.
int interrupt(const std::vector<std::string>& words, const fs::path& run, std::size_t rows,
              int number) {
  std::vector<std::string> line = {"candor"};
  line.insert(line.end(), words.begin(), words.end());
  Process process(line);
  while (process.running() && rows_in(run / "metrics.jsonl") < rows) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  process.signal(number);
  const auto outcome = process.wait();
  INFO(outcome.err);
  return outcome.exit_code;
}

void check_same_run(const fs::path& resumed, const fs::path& straight) {
  CHECK(slurp(resumed / "model" / "model.safetensors") ==
        slurp(straight / "model" / "model.safetensors"));
  CHECK(slurp(resumed / "metrics.jsonl") == slurp(straight / "metrics.jsonl"));
  CHECK(slurp(resumed / "report.json") == slurp(straight / "report.json"));
}

// Long enough that a signal finds the run still going.
std::vector<std::string> training(const std::string& family, const std::string& config) {
  if (family == "table" || family == "messages") return {"train", config, "train.epochs=200"};
  if (family == "text") return {"train", config, "train.steps=800"};
  return {"train", config, "train.epochs=24"};
}

std::vector<std::string> into(std::vector<std::string> words, const fs::path& run,
                              bool resume = false) {
  words.insert(words.end(), {"--run", run.string()});
  if (resume) words.push_back("--resume");
  return words;
}

}  // namespace

TEST_CASE("a run stopped by SIGTERM at several steps resumes bit-equal, for every family",
          "[resume]") {
  for (const std::string family : {"table", "text", "images", "messages"}) {
    TempDir folder;
    const auto words = training(family, write_config(family, folder));
    const auto straight = folder / "straight", stopped = folder / "stopped";
    REQUIRE(run_candor(into(words, straight)).exit_code == 0);
    const auto all = rows_in(straight / "metrics.jsonl");
    bool resume = false;
    for (const auto share : {0.05, 0.3, 0.55}) {
      const auto rows = static_cast<std::size_t>(static_cast<double>(all) * share) + 1;
      INFO(family << ", stopped after " << rows << " of " << all << " rows");
      REQUIRE(interrupt(into(words, stopped, resume), stopped, rows, SIGTERM) == 75);
      CHECK_FALSE(fs::exists(stopped / "model"));
      resume = true;
    }
    const auto ended = run_candor(into(words, stopped, true));
    INFO(family << ": " << ended.err);
    REQUIRE(ended.exit_code == 0);
    check_same_run(stopped, straight);
  }
}

TEST_CASE("a killed run resumes from its last checkpoint, bit-equal, for every family",
          "[resume]") {
  for (const std::string family : {"table", "text", "images", "messages"}) {
    INFO(family);
    TempDir folder;
    const auto words = training(family, write_config(family, folder));
    const auto straight = folder / "straight", killed = folder / "killed";
    REQUIRE(run_candor(into(words, straight)).exit_code == 0);
    const auto rows = rows_in(straight / "metrics.jsonl") / 2;
    REQUIRE(interrupt(into(words, killed), killed, rows, SIGKILL) == 128 + SIGKILL);
    REQUIRE(run_candor(into(words, killed, true)).exit_code == 0);
    check_same_run(killed, straight);
  }
}

TEST_CASE("accumulation and early stopping survive a stop, bit-equal", "[resume]") {
  TempDir folder;
  auto words = training("table", write_table_config(folder));
  words.insert(words.end(), {"train.accumulate=2", "train.early_stopping={\"patience\": 30}",
                             "train.metric=accuracy"});
  const auto straight = folder / "straight", stopped = folder / "stopped";
  REQUIRE(run_candor(into(words, straight)).exit_code == 0);
  const auto rows = rows_in(straight / "metrics.jsonl") / 3;
  REQUIRE(interrupt(into(words, stopped), stopped, rows, SIGTERM) == 75);
  REQUIRE(run_candor(into(words, stopped, true)).exit_code == 0);
  check_same_run(stopped, straight);
}

TEST_CASE("a kill between a checkpoint and its links costs nothing", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto straight = folder / "straight", killed = folder / "killed";
  REQUIRE(run_candor(into(words, straight)).exit_code == 0);
  const auto rows = rows_in(straight / "metrics.jsonl") / 2;
  REQUIRE(interrupt(into(words, killed), killed, rows, SIGKILL) == 128 + SIGKILL);
  fs::remove(killed / "checkpoints" / "best");
  fs::remove(killed / "checkpoints" / "last");
  const auto ended = run_candor(into(words, killed, true));
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  check_same_run(killed, straight);
}

TEST_CASE("resuming with other data is refused and named, and what was trained stays", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto run = folder / "run";
  REQUIRE(interrupt(into(words, run), run, 40, SIGTERM) == 75);
  const auto csv = slurp(folder / "people.csv"), environment = slurp(run / "environment.json");
  const auto file = folder.write("people.csv", csv + "33,20000,Oslo,no\n");
  const auto wrong = run_candor(into(words, run, true));
  CHECK(wrong.exit_code == 3);
  CHECK(wrong.err == "error: --resume: " + file + " is not what " + run.string() +
                         " began with (SHA-256 in environment.json); restore it, or start a new "
                         "run\n");
  CHECK(slurp(run / "environment.json") == environment);
  folder.write("people.csv", csv);
  CHECK(run_candor(into(words, run, true)).exit_code == 0);
  CHECK_THAT(slurp(run / "environment.json"), CANDOR_CONTAINS("\"resumed\""));
}

TEST_CASE("data that cannot be opened costs neither the old run nor the next try", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const std::vector<std::string> words = {"train", config, "train.epochs=1"};
  const auto run = folder / "run";
  auto nowhere = into(words, run);
  nowhere.push_back("data.files.train=nowhere.csv");
  CHECK(run_candor(nowhere).exit_code == 3);
  CHECK_FALSE(fs::exists(run));
  REQUIRE(run_candor(into(words, run)).exit_code == 0);
  const auto model = slurp(run / "model" / "model.safetensors");
  nowhere.push_back("--overwrite");
  CHECK(run_candor(nowhere).exit_code == 3);
  CHECK(slurp(run / "model" / "model.safetensors") == model);
}

TEST_CASE("a run without validation rows has checkpoints too", "[resume]") {
  TempDir folder;
  auto words = training("table", write_table_config(folder));
  words.insert(words.end(), {"~data.split.validation", "train.weights=last", "train.epochs=80"});
  const auto straight = folder / "straight", killed = folder / "killed";
  REQUIRE(run_candor(into(words, straight)).exit_code == 0);
  REQUIRE(interrupt(into(words, killed), killed, 300, SIGKILL) == 128 + SIGKILL);
  CHECK(fs::exists(killed / "checkpoints" / "last"));
  REQUIRE(run_candor(into(words, killed, true)).exit_code == 0);
  check_same_run(killed, straight);
}

TEST_CASE("a finished run that is resumed stays as it is", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto run = folder / "run";
  REQUIRE(run_candor(into(words, run)).exit_code == 0);
  const auto model = slurp(run / "model" / "model.safetensors"),
             rows = slurp(run / "metrics.jsonl");
  const auto again = run_candor(into(words, run, true));
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK(slurp(run / "model" / "model.safetensors") == model);
  CHECK(slurp(run / "metrics.jsonl") == rows);
}

TEST_CASE("a finished run without its checkpoints is not trained anew in silence", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto run = folder / "run";
  REQUIRE(run_candor(into(words, run)).exit_code == 0);
  fs::remove_all(run / "checkpoints");
  const auto wrong = run_candor(into(words, run, true));
  CHECK(wrong.exit_code == 4);
  CHECK_THAT(wrong.err,
             CANDOR_CONTAINS(
                 ": has a model, but no checkpoint to go on from; train it anew with --overwrite"));
  CHECK(run_candor({"eval", run.string()}).exit_code == 0);
}

TEST_CASE("--resume without --run names the way out", "[resume]") {
  TempDir folder;
  const auto wrong = run_candor({"train", write_table_config(folder), "--resume"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err ==
        "error: --resume needs --run DIR: the run directory to continue (candor train CONFIG --run "
        "DIR --resume)\n");
}

TEST_CASE("an existing run is refused without --overwrite, and replaced with it", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto run = (folder / "run").string();
  const std::vector<std::string> words = {"train", config, "train.epochs=1", "--run", run};
  REQUIRE(run_candor(words).exit_code == 0);
  const auto again = run_candor(words);
  CHECK(again.exit_code == 2);
  CHECK(again.err == "error: " + run +
                         ": exists already; continue it with --resume, replace it with "
                         "--overwrite, or choose another "
                         "folder with --run\n");
  auto replace = words;
  replace.push_back("--overwrite");
  CHECK(run_candor(replace).exit_code == 0);
}

TEST_CASE("a folder that is no run of candor's is never overwritten", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  folder.write("precious/letter.txt", "keep me");
  const auto wrong =
      run_candor({"train", config, "--run", (folder / "precious").string(), "--overwrite"});
  CHECK(wrong.exit_code == 2);
  CHECK(slurp(folder / "precious" / "letter.txt") == "keep me");
}

TEST_CASE("a run directory in use is locked", "[resume]") {
  TempDir folder;
  // Longer than the second program takes to be refused.
  const std::vector<std::string> training = {"train", write_text_config(folder),
                                             "train.steps=20000"};
  const auto words = into(training, folder / "run");
  std::vector<std::string> line = {"candor"};
  line.insert(line.end(), words.begin(), words.end());
  Process first(line);
  while (first.running() && rows_in(folder / "run" / "metrics.jsonl") < 2) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto second = run_candor(into(training, folder / "run", true));
  CHECK(second.exit_code == 2);
  CHECK_THAT(second.err, CANDOR_CONTAINS("in use"));
  first.signal(SIGTERM);
  CHECK(first.wait().exit_code == 75);
}

TEST_CASE("resuming with another config names what differs", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto run = folder / "run";
  REQUIRE(interrupt(into(words, run), run, 3, SIGTERM) == 75);
  auto changed = into(words, run, true);
  changed.insert(changed.begin() + 2, "train.batch_size=8");
  const auto wrong = run_candor(changed);
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.err, CANDOR_CONTAINS("batch_size"));
}

TEST_CASE("fewer steps than are done are refused before the data is read", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto run = folder / "run";
  REQUIRE(run_candor({"train", config, "train.epochs=4", "--run", run.string()}).exit_code == 0);
  const auto done = rows_in(run / "metrics.jsonl");
  REQUIRE(done > 0);
  fs::remove(folder / "people.csv");
  const auto less =
      run_candor({"train", config, "train.epochs=2", "--run", run.string(), "--resume"});
  CHECK(less.exit_code == 2);
  CHECK(less.err ==
        "error: --resume: 36 updates are done, but the run would end at 18; resume with more, or "
        "start a new run:\n  train.epochs: 4 -> 2\n");
  const auto steps = run_candor(
      {"train", config, "~train.epochs", "train.steps=5", "--run", run.string(), "--resume"});
  CHECK(steps.exit_code == 2);
  CHECK(steps.err ==
        "error: --resume: 36 updates are done, but the run would end at 5; resume with more, or "
        "start a new run:\n  train.epochs: 4 -> null\n  train.steps: null -> 5\n");
  // What the data must decide comes to the data.
  CHECK(run_candor({"train", config, "train.epochs=9", "--run", run.string(), "--resume"})
            .exit_code == 3);
}

TEST_CASE("to resume a run that has ended makes its report again and says so", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  const auto run = folder / "run";
  REQUIRE(run_candor(into(words, run)).exit_code == 0);
  const auto report = slurp(run / "report.json");
  auto dry = into(words, run, true);
  dry.push_back("--dry-run");
  const auto estimate = run_candor(dry);
  INFO(estimate.err);
  CHECK(estimate.exit_code == 0);
  CHECK_THAT(estimate.out, CANDOR_CONTAINS("\nsteps: 0 left of "));
  const auto again = run_candor(into(words, run, true));
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, CANDOR_CONTAINS(run.string() + " has come to its end, at step "));
  CHECK_THAT(
      again.err,
      CANDOR_CONTAINS(": nothing is left to train, and its report and model are made anew\n"));
  CHECK(slurp(run / "report.json") == report);
  auto both = into(words, run, true);
  both.push_back("--overwrite");
  const auto refused = run_candor(both);
  CHECK(refused.exit_code == 2);
  CHECK(
      refused.err ==
      "error: --resume continues the run in --run, and --overwrite replaces it; leave one of them "
      "out\n");
  CHECK(slurp(run / "report.json") == report);
}

TEST_CASE("what a run began again with is what its environment records", "[resume]") {
  TempDir folder;
  const auto words = training("table", write_table_config(folder));
  REQUIRE(run_candor(into(words, folder / "first")).exit_code == 0);
  auto begun = words;
  begun.push_back("train.init_from={\"path\":\"" + (folder / "first").string() + "\"}");
  const auto run = folder / "run";
  REQUIRE(run_candor(into(begun, run)).exit_code == 0);
  // As if it had been killed before its first checkpoint, and the weights had then changed.
  for (const auto* made : {"checkpoints", "model", "report.json"}) fs::remove_all(run / made);
  auto other = words;
  other.push_back("seed=5");
  other.push_back("--overwrite");
  REQUIRE(run_candor(into(other, folder / "first")).exit_code == 0);
  const auto resumed = run_candor(into(begun, run, true));
  INFO(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  const auto weights = Json::parse(
      slurp(folder / "first/model/MANIFEST.json"))["files"]["model.safetensors"]["sha256"];
  CHECK(Json::parse(slurp(run / "environment.json"))["init_from"]["sha256"] == weights);
}
