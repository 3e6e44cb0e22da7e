// SPDX-License-Identifier: Apache-2.0
#include <candor/runs.h>

#include <sys/stat.h>

#include <filesystem>

#include "core/runs/made_runs.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

RunsOptions below(const TempDir& folder) {
  RunsOptions options;
  options.folders = {folder.path().string()};
  return options;
}

Json listed(RunsOptions options) {
  options.json = true;
  return Json::parse(list_runs(options));
}

std::vector<std::string> names(const Json& list) {
  std::vector<std::string> result;
  for (const auto& run : list.at("runs")) result.push_back(run.at("name"));
  return result;
}

// The marker's time is the run's start.
void begin_at(const fs::path& run, int minute) {
  fs::last_write_time(run / ".candor-run",
                      fs::file_time_type::clock::now() + std::chrono::minutes(minute));
}

}  // namespace

TEST_CASE("runs are listed the newest first, or the best first in the metric's direction",
          "[runs]") {
  const TempDir folder;
  make_finished(folder / "sweep/a", run_config(0.01), 0.7);
  make_finished(folder / "sweep/b", run_config(0.02), 0.9);
  make_run(folder / "c", run_config(0.03), [](RunDirectory& run) { write_rows(run, 2); });
  begin_at(folder / "sweep/a", 2);
  begin_at(folder / "sweep/b", 1);
  begin_at(folder / "c", 3);
  auto options = below(folder);
  using Names = std::vector<std::string>;
  CHECK(names(listed(options)) == Names{"c", "sweep/a", "sweep/b"});
  options.sort = "accuracy";
  CHECK(names(listed(options)) == Names{"sweep/b", "sweep/a", "c"});  // without it: last
  options.sort = "validation/loss";
  CHECK(names(listed(options)) == Names{"sweep/a", "sweep/b", "c"});
}

TEST_CASE("the list shows state, steps, scores with intervals, and what differs", "[runs]") {
  const TempDir folder;
  make_finished(folder / "a", run_config(0.01), 0.7);
  make_finished(folder / "b", run_config(0.02), 0.9);
  begin_at(folder / "b", 1);
  const auto text = list_runs(below(folder));
  CHECK(
      text.starts_with("run  state     steps  validation loss  report accuracy          "
                       "started (UTC)\n"
                       "b    finished  20/20           0.7500  0.9000 [0.8800, 0.9200]  2"));
  CHECK_THAT(text, CANDOR_CONTAINS("\n  learning_rate=0.02\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("\na    finished  20/20           0.7500  0.7000 [0.6800, "
                                   "0.7200]  "));
  auto options = below(folder);
  options.all = true;
  const auto whole = list_runs(options);
  CHECK_THAT(whole, CANDOR_CONTAINS("\n  train.optimizer.learning_rate=0.02\n"));
  CHECK_THAT(whole,
             CANDOR_CONTAINS("  test:\n  accuracy 0.9000 [0.8800, 0.9200]  log_loss 0.4000\n"));
}

TEST_CASE("where settings are cut, the most telling ones stay", "[runs]") {
  const TempDir folder;
  for (int i = 0; i < 3; ++i) {
    auto config = run_config(0.01 * (i + 1));
    for (const auto* key : {"a", "b", "c", "d", "e", "f", "g"}) config["data"][key] = i > 0;
    make_run(folder / ("run" + std::to_string(i)), config);
  }
  CHECK_THAT(list_runs(below(folder)),
             CANDOR_CONTAINS("\n  learning_rate=0.03  a=true  b=true  c=true  d=true  e=true  "
                             "… 2 more (--all)\n"));
}

TEST_CASE("runs on other data are not compared with each other", "[runs]") {
  const TempDir folder;
  auto other = run_config(0.5);
  other["data"]["files"]["train"] = "/data/others.csv";
  make_run(folder / "a", run_config(0.01));
  make_run(folder / "b", other);
  const auto document = listed(below(folder));
  for (const auto& run : document.at("runs")) CHECK(run.at("differences").empty());
}

TEST_CASE("damaged runs and folders that are none have a line each", "[runs]") {
  const TempDir folder;
  make_finished(folder / "good", run_config(), 0.7);
  make_finished(folder / "bad", run_config(), 0.7);
  folder.write("bad/config.json", "\xff{");
  folder.write("notes/todo.txt", "nothing");
  folder.write(".hidden/x", "");
  fs::create_directory_symlink(folder / "good", folder / "latest");
  const auto text = list_runs(below(folder));
  CHECK_THAT(text, CANDOR_CONTAINS("good  finished "));
  CHECK_THAT(text, CANDOR_CONTAINS("bad   damaged "));
  CHECK_THAT(text, CANDOR_CONTAINS("\n  config.json:1:1: not valid UTF-8\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("\n" + (folder / "notes").string() + ": holds no run\n"));
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("latest") == std::string::npos);
  const auto list = listed(below(folder));
  CHECK(list.at("runs").size() == 2);
  CHECK(list.at("others").size() == 1);
}

TEST_CASE("a folder that is itself a run is listed, once", "[runs]") {
  const TempDir folder;
  make_run(folder / "one", run_config());
  auto options = below(folder);
  options.folders = {(folder / "one/").string(), folder.path().string()};
  CHECK(names(listed(options)) == std::vector<std::string>{"one"});
}

TEST_CASE("names from a run cannot steer a terminal", "[runs]") {
  const TempDir folder;
  auto config = run_config();
  config["task"]["note"] = "x\x1b[2Jy";
  make_run(folder / "a", config);
  config["task"]["note"] = "z";
  make_run(folder / "b\x1b[31m", config);
  CHECK(list_runs(below(folder)).find('\x1b') == std::string::npos);
}

TEST_CASE("what cannot be listed is refused with what to do", "[runs]") {
  const TempDir folder;
  auto options = below(folder);
  CHECK(list_runs(options) == "no runs below " + folder.path().string() + "\n");
  options.sort = "acuracy";
  CHECK(std::string(error_of([&] { list_runs(options); })->what())
            .starts_with("--sort: 'acuracy' is no metric; did you mean 'accuracy'? (accuracy, "));
  options.sort.reset();
  options.folders = {(folder / "none").string()};
  CHECK(std::string(error_of([&] { list_runs(options); })->what()) ==
        (folder / "none").string() +
            ": no such folder; pass the folder that holds your runs (candor train makes them "
            "below runs)");
}

TEST_CASE("a pipe in place of a lock does not hold up the list", "[runs]") {
  const TempDir folder;
  make_finished(folder / "a", run_config(0.01), 0.7);
  fs::remove(folder / "a/.lock");
  REQUIRE(mkfifo((folder / "a/.lock").c_str(), 0600) == 0);
  CHECK(names(listed(below(folder))) == std::vector<std::string>{"a"});
}

TEST_CASE("names of metrics and parts cannot steer a terminal", "[runs]") {
  const TempDir folder;
  make_finished(folder / "a", run_config(0.01), 0.7);
  auto report = Json::parse(slurp(folder / "a/report.json"));
  report["split"] = "\x1b]0;x\x07";
  report["metrics"]["\x1b[31mevil"] = report["metrics"]["accuracy"];
  folder.write("a/report.json", report.dump());
  CHECK(list_runs(below(folder)).find('\x1b') == std::string::npos);
}
