// SPDX-License-Identifier: Apache-2.0
// What is wrong with the training data is told by training, and stands in its report.
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

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

TEST_CASE("a report tells what is wrong with the training data", "[train]") {
  TempDir folder;
  const auto config = candor::test::write_table_config(folder);
  std::istringstream lines(slurp(folder / "people.csv"));
  std::string csv, line;
  for (int row = 0; std::getline(lines, line); ++row) {
    line += row == 0 ? ",country\n" : ",Norland\n";
    csv += line;
  }
  folder.write("people.csv", csv + line + "1,2\n");  // the last row again, and half a row
  const auto run = (folder / "run").string();
  const std::string told = "country: has the same value in every row";
  const std::vector<std::string> words = {
      "train", config, "--run", run, "train.epochs=2", "data.clean.max_bad_fraction=0.01"};
  auto dry = words;
  dry.push_back("--dry-run");
  CHECK_THAT(run_candor(dry).out, CANDOR_CONTAINS("data: " + told));
  const auto done = run_candor(words);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const auto findings = Json::parse(slurp(fs::path(run) / "report.json"))["findings"].dump();
  CHECK_THAT(findings, CANDOR_CONTAINS("\"training data: " + told));
  CHECK_THAT(findings, CANDOR_CONTAINS("equal an earlier row in every column"));
  CHECK_THAT(findings, CANDOR_CONTAINS("people.csv (train): 1 row left out"));
  CHECK(findings.find("Norland") == std::string::npos);
  for (const auto* name : {"report.md", "report.html"}) {
    CHECK_THAT(slurp(fs::path(run) / name), CANDOR_CONTAINS(told));
  }
}
