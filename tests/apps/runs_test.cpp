// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <thread>

#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace fs = std::filesystem;

namespace {

void train(const TempDir& folder, const std::string& config, const std::string& name,
           const std::vector<std::string>& words) {
  std::vector<std::string> line = {"train", config, "--run", (folder / name).string()};
  line.insert(line.end(), words.begin(), words.end());
  const auto trained = run_candor(line);
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
}

}  // namespace

TEST_CASE("real runs are listed with their scores and differences", "[runs]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  train(folder, config, "runs/a", {"train.epochs=1"});
  train(folder, config, "runs/b", {"train.epochs=2", "model.hidden=[8]"});
  candor::test::RunOptions here;
  here.folder = folder.path();
  const auto list = run_candor({"runs"}, here);
  INFO(list.err);
  CHECK(list.exit_code == 0);
  CHECK(list.err.empty());
  CHECK_THAT(list.out, CANDOR_CONTAINS("\nb    finished "));
  CHECK_THAT(list.out, CANDOR_CONTAINS("epochs=2"));
  CHECK_THAT(list.out, CANDOR_CONTAINS("hidden=[8]"));
  const auto json = run_candor({"runs", "--sort", "accuracy", "--json"}, here);
  const auto document = Json::parse(json.out);
  REQUIRE(document.at("runs").size() == 2);
  const auto& run = document.at("runs").at(0);
  CHECK(run.at("steps") == run.at("planned_steps"));
  const auto report = Json::parse(slurp(folder.path() / run.at("path") / "report.json"));
  CHECK(run.at("report").at("metrics").at("accuracy").at("low") ==
        report.at("metrics").at("accuracy").at("low"));
}

TEST_CASE("runs and compare load no LibTorch", "[runs]") {
  candor::test::RunOptions list_only;
  list_only.variables["LD_TRACE_LOADED_OBJECTS"] = "1";
  for (const std::string program : {"candor-runs", "candor-compare"}) {
    const auto libraries = candor::test::run({program}, list_only).out;
    CHECK_THAT(libraries, CANDOR_CONTAINS("libc.so"));
    CHECK(libraries.find("torch") == std::string::npos);
  }
}

TEST_CASE("a folder without runs, and one that is not there, are told apart", "[runs]") {
  const TempDir folder;
  candor::test::RunOptions here;
  here.folder = folder.path();
  const auto none = run_candor({"runs"}, here);
  CHECK(none.exit_code == 2);
  CHECK(none.err ==
        "error: runs: no such folder; pass the folder that holds your runs (candor train makes "
        "them below runs)\n");
  fs::create_directory(folder / "runs");
  const auto empty = run_candor({"runs"}, here);
  CHECK(empty.exit_code == 0);
  CHECK(empty.out == "no runs below runs\n");
}

TEST_CASE("compare writes a page of real runs, and replaces it only when told to", "[compare]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  train(folder, config, "a", {"train.epochs=2", "train.log_every=1"});
  train(folder, config, "b", {"train.epochs=2", "train.log_every=1", "seed=1"});
  const auto page = (folder / "page.html").string();
  const std::vector<std::string> words = {"compare", (folder / "a").string(),
                                          (folder / "b").string(), "--out", page};
  const auto compared = run_candor(words);
  INFO(compared.err);
  CHECK(compared.exit_code == 0);
  CHECK_THAT(compared.out, CANDOR_CONTAINS("\nsetting  A  B\nseed     0  1\n"));
  CHECK_THAT(slurp(page), CANDOR_CONTAINS("Training loss"));
  CHECK(run_candor(words).err ==
        "error: " + page +
            ": exists already; replace it with --overwrite, or choose another file with --out\n");
  auto again = words;
  again.emplace_back("--overwrite");
  CHECK(run_candor(again).exit_code == 0);
  // The run's own page has the curves too.
  CHECK_THAT(slurp(folder / "a/report.html"), CANDOR_CONTAINS("<figcaption>Training</figcaption>"));
}

TEST_CASE("runs that ended by a signal and by a kill are told apart", "[runs]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  const auto ended_by = [&](int number) {
    const auto run = folder / "runs" / std::to_string(number);
    candor::test::Process process({"candor", "train", config, "train.epochs=100000",
                                   "train.log_every=1", "--run", run.string()});
    while (process.running() && slurp(run / "metrics.jsonl").empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    candor::test::RunOptions here;
    here.folder = folder.path();
    const auto during = Json::parse(run_candor({"runs", run.string(), "--json"}, here).out);
    CHECK(during.at("runs").at(0).at("state") == "running");
    process.signal(number);
    process.wait();
    const auto after = Json::parse(run_candor({"runs", run.string(), "--json"}, here).out);
    return after.at("runs").at(0).at("state").get<std::string>();
  };
  CHECK(ended_by(SIGTERM) == "stopped");
  CHECK(ended_by(SIGKILL) == "interrupted");
}
