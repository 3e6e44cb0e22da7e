// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <set>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

TEST_CASE("--profile writes a trace with every part of training, and a table of shares",
          "[profile]") {
  const TempDir folder;
  const auto config = write_images_config(folder);
  const auto trace = (folder / "trace.json").string();
  const auto trained = run_candor({"train", config, "train.epochs=1", "train.loader_threads=1",
                                   "--run", (folder / "run").string(), "--profile", trace});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto json = Json::parse(slurp(trace));
  std::set<std::string> main_spans, loader_spans;
  std::map<int, std::string> threads;
  for (const auto& event : json.at("traceEvents")) {
    if (event.at("name") == "thread_name") {
      threads[event.at("tid").get<int>()] = event.at("args").at("name").get<std::string>();
    }
  }
  for (const auto& event : json.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    CHECK(event.at("ts").get<double>() >= 0.0);
    CHECK(event.at("dur").get<double>() >= 0.0);
    const auto& thread = threads.at(event.at("tid").get<int>());
    (thread == "main" ? main_spans : loader_spans).insert(event.at("name").get<std::string>());
  }
  for (const auto* span : {"data", "batch", "forward", "backward", "update", "log", "validation",
                           "checkpoint", "report", "matrix probe"}) {
    INFO(span);
    CHECK(main_spans.contains(span));
  }
  CHECK(loader_spans == std::set<std::string>{"make batch"});
  CHECK_THAT(trained.err, CANDOR_CONTAINS("thread      span "));
  CHECK_THAT(trained.err, CANDOR_CONTAINS("main        forward "));
  CHECK_THAT(trained.err, CANDOR_CONTAINS("FLOP/s = "));
  CHECK_THAT(trained.err, CANDOR_CONTAINS("MFU: "));
}

TEST_CASE("a run that fails leaves its trace", "[profile]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  folder.write("people.csv", "age,income,city,outcome\n");
  const auto trace = (folder / "trace.json").string();
  const auto failed =
      run_candor({"train", config, "--run", (folder / "run").string(), "--profile", trace});
  CHECK(failed.exit_code == 3);
  CHECK(Json::parse(slurp(trace)).contains("traceEvents"));
}

TEST_CASE("--profile is refused where it could not be written", "[profile]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  const auto here = folder.path().string();
  const auto refused = [&](const std::vector<std::string>& words) {
    std::vector<std::string> line = {"train", config, "--run", here + "/run"};
    line.insert(line.end(), words.begin(), words.end());
    const auto wrong = run_candor(line);
    CHECK(wrong.exit_code == 2);
    CHECK_FALSE(std::filesystem::exists(here + "/run"));
    return wrong.err;
  };
  CHECK(refused({"--profile", here + "/none/t.json"}) ==
        "error: --profile: " + here +
            "/none is no folder; make it first, or choose another file\n");
  CHECK(
      refused({"--profile", here + "/t.json", "--dry-run"}) ==
      "error: --profile writes a file, and --dry-run leaves none behind; leave one of them out\n");
  folder.write("t.json", "mine");
  CHECK(refused({"--profile", here + "/t.json"}) ==
        "error: " + here +
            "/t.json: exists already; replace it with --overwrite, or choose another file with "
            "--profile\n");
}
