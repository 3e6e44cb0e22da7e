// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/training_findings.h"

#include <algorithm>
#include <string>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

RunConfig config_for(const std::string& target) {
  RunConfig config;
  config.task.target = target;
  config.data = TableData{};
  return config;
}

TableData& data_of(RunConfig& config) { return std::get<TableData>(config.data); }

// Columns: a number, one value, a copy of the target, and rows of which the last two are equal.
std::string rows(int count, int first = 0) {
  std::string csv = "x,same,copy,secret,y\n";
  for (int i = first; i < first + count; ++i) {
    const auto row = i == first + count - 1 ? i - 1 : i;
    const std::string target = row % 3 == 0 ? "yes" : "no";
    csv += std::to_string(row * 7 % 101 + row) + ",EUR," + target + "," +
           (row % 10 == 0 ? "word-4711" : "") + "," + target + "\n";
  }
  return csv;
}

std::vector<std::string> found(const RunConfig& config, const std::string& train,
                               const std::string& test = "") {
  const auto& data = std::get<TableData>(config.data);
  const auto table = parse_table(train, "train.csv", data);
  if (test.empty()) return training_findings(table, nullptr, config);
  const auto other = parse_table(test, "test.csv", data);
  return training_findings(table, &other, config);
}

bool has(const std::vector<std::string>& lines, const std::string& begin) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.starts_with(begin); });
}

}  // namespace

TEST_CASE("a training's table is looked through, and no cell is told", "[inspect]") {
  const auto lines = found(config_for("y"), rows(60));
  CHECK(has(lines, "same: has the same value in every row"));
  CHECK(has(lines, "copy: alone tells "));
  CHECK(has(lines, "secret: has no value in 90.0 % of the rows"));
  CHECK(has(lines, "1 row (1.7 %) equal"));
  for (const auto& line : lines) CHECK(line.find("4711") == std::string::npos);
}

TEST_CASE("what the config leaves out is not told", "[inspect]") {
  auto config = config_for("y");
  auto& data = data_of(config);
  data.columns["same"].use = ColumnUse::ignore;
  data.columns["copy"].type = ColumnType::identifier;
  data.clean.deduplicate = true;
  const auto lines = found(config, rows(60));
  CHECK_FALSE(has(lines, "same: "));
  CHECK_FALSE(has(lines, "copy: "));
  CHECK_FALSE(has(lines, "1 row"));
  CHECK(has(lines, "secret: "));
}

TEST_CASE("rows of the test that stand in training are told", "[inspect]") {
  const auto config = config_for("y");
  CHECK(has(found(config, rows(60), rows(20, 40)),
            "20 rows of the test file (100.0 %) stand in the training file too"));
  CHECK_FALSE(has(found(config, rows(60), rows(20, 400)), "20 rows of the test file"));
}

TEST_CASE("a table of many cells is not looked through, and that is said", "[inspect]") {
  const auto count = kMostCellsInTraining / 2 + 1;
  std::string csv = "x,y\n";
  for (std::int64_t i = 0; i < count; ++i) csv += "1,2\n";
  CHECK(found(config_for("y"), csv) ==
        std::vector<std::string>{
            "not looked through, since there are 5,000,002 cells; candor inspect does it"});
}

TEST_CASE("a rare class is told with its rows", "[inspect]") {
  CHECK_FALSE(rare_class_finding({}));
  CHECK_FALSE(rare_class_finding({40, 60}));
  CHECK_FALSE(rare_class_finding({100, 900}));
  CHECK(rare_class_finding({99, 901}) ==
        "the smallest of the 2 classes has 99 rows for training, 9.9 % of all");
  CHECK(rare_class_finding({9, 11}) ==
        "the smallest of the 2 classes has 9 rows for training, 45.0 % of all");
}
