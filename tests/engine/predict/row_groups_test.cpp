// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/row_groups.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

DecisionRule rule_by(const std::string& thresholds, const std::string& sets) {
  DecisionRule rule;
  rule.classes = 2;
  if (!thresholds.empty()) {
    rule.group_thresholds = GroupThresholds{thresholds,
                                            GroupConstraint::demographic_parity,
                                            GroupObjective::accuracy,
                                            0.0,
                                            {{"F", {{0.3, 1.0}}}, {"M", {{0.6, 1.0}}}}};
  }
  if (!sets.empty()) {
    rule.conformal =
        Conformal{ConformalMethod::lac, 0.1, 50, 0, 0.7, sets, {{"(missing)", 0.5}, {"A", 0.6}}};
  }
  return rule;
}

RunConfig table_config() {
  RunConfig config;
  TableData data;
  data.format.trim = true;
  data.format.missing = {"?"};
  data.columns["race"].values = {{"Black", "A"}};
  config.data = data;
  return config;
}

const std::vector<InputField> kInputs = {{"age", InputKind::number}, {"sex", InputKind::category}};

ModelInputs row_of(float age, std::int64_t sex) {
  ModelInputs inputs;
  inputs.rows = 1;
  inputs.numeric = {age};
  inputs.categorical = {sex};
  return inputs;
}

}  // namespace

TEST_CASE("a group column that the model does not read is one more input", "[predict]") {
  const RowGroupReader groups(rule_by("sex", "race"), table_config(), kInputs);
  CHECK(groups.columns() == std::vector<std::string>{"sex", "race"});
  REQUIRE(groups.more_inputs().size() == 1);
  CHECK(groups.more_inputs()[0].name == "race");
  const auto of_row = groups.of_row({31.0, "F ", "Black"});
  CHECK(of_row.at("sex") == "F");
  CHECK(of_row.at("race") == "A");  // by the column's value map
  CHECK(groups.of_row({31.0, "M", "?"}).at("race") == "(missing)");
  CHECK(groups.of_row({31.0, "M", std::monostate{}}).at("race") == "(missing)");
}

TEST_CASE("groups travel with the rows and leave the model's inputs as they were", "[predict]") {
  const RowGroupReader groups(rule_by("sex", "race"), table_config(), kInputs);
  auto batch = row_of(31, 2);
  groups.append(batch, {{"sex", "F"}, {"race", "A"}});
  auto second = row_of(44, 3);
  groups.append(second, {{"sex", "M"}, {"race", "never seen"}});
  auto third = row_of(50, 3);
  groups.append(third, {{"sex", "M"}});
  batch.append(second);
  batch.append(third);
  const std::int64_t order[] = {1, 2, 0};
  auto selected = batch.select(order);
  const auto found = groups.take(selected);
  CHECK(selected.categorical == std::vector<std::int64_t>{3, 3, 2});
  REQUIRE(found.size() == 3);
  CHECK(found[0] == RowGroups{{"sex", "M"}});
  CHECK(found[1] == RowGroups{{"sex", "M"}});
  CHECK(found[2] == RowGroups{{"sex", "F"}, {"race", "A"}});
}

TEST_CASE("a rule without groups leaves rows alone", "[predict]") {
  const RowGroupReader groups(rule_by("", ""), table_config(), kInputs);
  CHECK(groups.more_inputs().empty());
  auto batch = row_of(31, 2);
  groups.append(batch, {});
  CHECK(batch.categorical == std::vector<std::int64_t>{2});
  CHECK(groups.take(batch).front().empty());
  CHECK(batch.categorical == std::vector<std::int64_t>{2});
}

TEST_CASE("a group that the label hangs on is refused before anything runs", "[predict]") {
  const RowGroupReader groups(rule_by("sex", ""), table_config(), kInputs);
  auto row = row_of(31, 2);
  const auto missing = test::error_of([&] { groups.append(row, {}); });
  REQUIRE(missing);
  CHECK(missing->kind() == ErrorKind::request);
  CHECK(missing->what() ==
        std::string("column 'sex' is missing: this model decides by it; send its value"));
  const auto unknown = test::error_of([&] { groups.append(row, {{"sex", "(missing)"}}); });
  REQUIRE(unknown);
  CHECK(unknown->what() == std::string("column 'sex': a group the thresholds do not know; allowed: "
                                       "F, M"));
}
