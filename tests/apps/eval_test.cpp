// SPDX-License-Identifier: Apache-2.0
// What candor eval measures, and what it refuses to.
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "apps/trained_run.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using candor::test::train;
using candor::test::write_table_config;
using Json = nlohmann::json;

namespace fs = std::filesystem;

TEST_CASE("a gate that is not passed ends eval with exit code 7", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  const auto failed =
      run_candor({"eval", run, "--json", "+evaluate.gates.accuracy={\"min\": 1.0}"});
  CHECK(failed.exit_code == 7);
  const auto gate = Json::parse(failed.out).at("gates").at(0);
  CHECK(gate.at("metric") == "accuracy");
  CHECK(gate.at("passed") == false);
  CHECK(run_candor({"eval", run, "+evaluate.gates.accuracy={\"min\": 0.1}"}).exit_code == 0);
}

TEST_CASE("eval takes data of the user's own and writes a report where it is told", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  const auto out = (folder / "report").string();
  const auto made =
      run_candor({"eval", run, "--data", (folder / "people.csv").string(), "--out", out, "--json"});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(Json::parse(made.out).at("count") == 240);
  CHECK(Json::parse(slurp(fs::path(out) / "report.json")) == Json::parse(made.out));
  CHECK(run_candor({"eval", run, "--out", out}).exit_code == 2);
}

TEST_CASE("eval measures the very rows that training kept apart, or refuses", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  CHECK(run_candor({"eval", run + "/model/"}).exit_code == 0);  // as a shell completes it

  auto csv = slurp(folder / "people.csv");
  csv.replace(csv.find("Cork"), 4, "York");
  const auto file = folder.write("people.csv", csv);
  const auto changed = run_candor({"eval", run});
  CHECK(changed.exit_code == 3);
  CHECK(changed.err == "error: " + file + " is not what the model was trained with (SHA-256 in " +
                           run +
                           "/environment.json), so its split is another one; restore it, or "
                           "evaluate it as data of its own: --data PATH\n");
  CHECK(run_candor({"eval", run, "--data", file}).exit_code == 0);
}

TEST_CASE("eval reads no file that the part does not need", "[train]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto test = folder.write("test.csv",
                                 "age,income,city,outcome\n30,100,Cork,no\n"
                                 "60,50000,Cork,yes\n41,30000,Bergen,yes\n");
  const auto run = (folder / "run").string();
  REQUIRE(run_candor({"train", config, "train.epochs=1", "~data.split.test",
                      "data.files.test=" + test, "--run", run})
              .exit_code == 0);
  fs::remove(folder / "people.csv");
  const auto report = run_candor({"eval", run, "--json"});
  INFO(report.err);
  CHECK(report.exit_code == 0);
  CHECK(Json::parse(report.out).at("count") == 3);
}

TEST_CASE("eval cannot change what a model is, and replaces no file unasked", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  const auto wrong = run_candor({"eval", run, "model.hidden=[99]"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err ==
        "error: 'model.hidden' cannot be changed for a trained model; eval takes evaluate.*, "
        "data.files.*, data.format.*, data.columns.*, data.groups, data.clean.*, "
        "data.max_bad_fraction, data.cache; "
        "train again for anything else\n");
  CHECK(run_candor({"eval", run, "data.split.seed=7"}).exit_code == 2);
  const auto page = folder.write("mine/report.html", "keep me");
  const auto refused = run_candor({"eval", run, "--out", (folder / "mine").string()});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err == "error: " + page + ": exists already; pass --overwrite or another --out\n");
  CHECK(slurp(page) == "keep me");
}

TEST_CASE("a model directory says which data it was made of, by content and without places",
          "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  const auto data = Json::parse(slurp(fs::path(run) / "model" / "metrics.json")).at("data");
  REQUIRE(data.size() == 1);
  CHECK(data[0].at("name") == "people.csv");
  CHECK(data[0].at("sha256") ==
        Json::parse(slurp(fs::path(run) / "environment.json")).at("files").at(0).at("sha256"));
  CHECK_FALSE(data[0].contains("path"));
}
