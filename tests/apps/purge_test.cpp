// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace fs = std::filesystem;

TEST_CASE("a run's predictions are private, and purge deletes them and leaves a model that works",
          "[purge]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto run = (folder / "run").string();
  // The usual umask of a shared machine, under which others could read.
  const auto trained = candor::test::run(
      {"/bin/sh", "-c", "umask 022; exec \"$0\" train \"$1\" train.epochs=1 --run \"$2\"",
       candor::test::bin_dir() + "/candor", config, run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto predictions = folder.path() / "run/predictions/test.jsonl";
  struct stat facts {};
  REQUIRE(stat(predictions.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  const auto listed = run_candor({"purge", run});
  CHECK(listed.exit_code == 0);
  CHECK_THAT(listed.out, CANDOR_CONTAINS(predictions.string() + "  (predictions, "));
  CHECK_THAT(listed.out,
             CANDOR_CONTAINS("1 file with raw data; candor purge " + run + " --yes deletes it\n"));
  CHECK(fs::exists(predictions));

  const auto deleted = run_candor({"purge", run, "--yes", "--json"});
  CHECK(deleted.exit_code == 0);
  CHECK(Json::parse(deleted.out).at("deleted") == true);
  CHECK_FALSE(fs::exists(predictions));
  const auto again = run_candor({"purge", run, "--yes"});
  CHECK(again.exit_code == 0);
  CHECK(again.out == run + ": holds no copies of raw data\n");
  CHECK(run_candor({"predict", run, "--input", (folder / "people.csv").string()}).exit_code == 0);
}

TEST_CASE("rows that are left out stand in a private ledger, by place and reason", "[purge]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  auto people = candor::test::slurp(folder / "people.csv");
  folder.write("people.csv", people + "30,secret\n41,2000,Cork,\n");
  const auto run = (folder / "run").string();
  const std::vector<std::string> words = {"train",
                                          config,
                                          "train.epochs=1",
                                          "data.clean.max_bad_fraction=0.1",
                                          "data.clean.bad_rows=quarantine",
                                          "--run",
                                          run};
  const auto trained = run_candor(words);
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto ledger = folder.path() / "run/quarantine.jsonl";
  const auto file = Json((folder / "people.csv").string()).dump();
  CHECK(candor::test::slurp(ledger) ==
        "{\"part\":\"train\",\"file\":" + file +
            ",\"line\":242,\"reason\":\"2 cells, but the header has 4\"}\n{\"part\":\"train\","
            "\"file\":" +
            file + ",\"line\":243,\"reason\":\"the target is missing\"}\n");
  struct stat facts {};
  REQUIRE(stat(ledger.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(run_candor({"purge", run, "--yes"}).exit_code == 0);
  CHECK_FALSE(fs::exists(ledger));
}

TEST_CASE("purge refuses what is no run directory", "[purge]") {
  TempDir folder;
  const auto wrong = run_candor({"purge", folder.path().string(), "--yes"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err == "error: " + folder.path().string() +
                         ": is not a run directory of candor; pass the folder that candor train "
                         "made\n");
}
