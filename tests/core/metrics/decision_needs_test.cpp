// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decision_needs.h"

#include <string>

#include <candor/error.h>

#include "core/decide/conformal.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

RunConfig with_sets(double alpha, std::optional<std::string> group = std::nullopt) {
  RunConfig config;
  config.calibration.conformal = ConformalConfig{.alpha = alpha, .group = std::move(group)};
  return config;
}

RunConfig with_group_thresholds(GroupConstraint constraint) {
  RunConfig config;
  config.calibration.group_thresholds = GroupThresholdsConfig{"sex", constraint, 0.05};
  return config;
}

// Classes and groups of rows by turns: "FMFM", labels "0101".
FittingRows rows_of(const std::string& labels, const std::string& groups = "") {
  FittingRows rows;
  rows.count = labels.size();
  for (const char label : labels) rows.labels.push_back(label - '0');
  for (const char group : groups) rows.groups["sex"].emplace_back(1, group);
  return rows;
}

std::string fault_of(const RunConfig& config, const FittingRows& rows) {
  const auto error = test::error_of([&] { check_fitting_rows(config, rows); });
  if (!error) return "";
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

}  // namespace

TEST_CASE("sets are refused for exactly the numbers of rows that fitting refuses", "[metrics]") {
  for (const auto alpha : {0.05, 0.1, 0.2, 0.45}) {
    for (std::size_t count = 1; count < 25; ++count) {
      const auto fault = fault_of(with_sets(alpha), rows_of(std::string(count, '0')));
      CHECK(fault.empty() == (count >= rows_needed(alpha)));
      const std::vector<double> numbers(count, 1.0);
      const auto error = test::error_of([&] { fit_conformal_residuals(numbers, numbers, alpha); });
      CHECK(fault.empty() == !error);
    }
  }
  CHECK(fault_of(with_sets(0.05), rows_of("010101010101")) ==
        "calibration.conformal.alpha 0.05 needs 19 calibration rows of data.split.calibration; "
        "there are 12; raise data.split.calibration, or set alpha to 0.077 or more");
}

TEST_CASE("sets of folds need rows that the folds hold out", "[metrics]") {
  auto config = with_sets(0.1);
  config.cross_validation = CrossValidationConfig{2, 1};
  CHECK(fault_of(config, rows_of("0101")) ==
        "calibration.conformal.alpha 0.1 needs 9 rows that cross_validation holds out; there are "
        "4; give more data, or set alpha to 0.2 or more");
  CHECK(fault_of(config, rows_of("010101010")) == "");
}

TEST_CASE("by group one group at least must have its rows, and those that have not are told",
          "[metrics]") {
  const auto config = with_sets(0.2, "sex");
  CHECK(
      fault_of(config, rows_of("0101010", "FFFMMMX")) ==
      "calibration.conformal.group 'sex': alpha 0.2 needs 4 calibration rows of "
      "data.split.calibration in a group, and the largest of 3 groups has 3, so that every row "
      "would get every answer; raise data.split.calibration, set alpha to 0.25 or more, or remove "
      "the group (~calibration.conformal.group)");
  const auto some = rows_of("0101010", "FFFFMMX");
  CHECK(fault_of(config, some) == "");
  CHECK(
      fitting_warnings(config, some) ==
      std::vector<std::string>{
          "calibration.conformal.group 'sex': 2 of 3 groups have fewer than 4 calibration rows of "
          "data.split.calibration, which alpha 0.2 needs; their rows get every answer"});
  CHECK(fitting_warnings(config, rows_of("01010101", "FFFFMMMM")).empty());
  CHECK(fitting_warnings(with_sets(0.2), some).empty());
  CHECK(decision_columns(config) == std::vector<std::string>{"sex"});
}

TEST_CASE("a threshold that rows decide needs both classes among them, with weight", "[metrics]") {
  RunConfig config;
  config.task.threshold.emplace().recall = 0.9;
  CHECK(fault_of(config, rows_of("0001")) == "");
  CHECK(fault_of(config, rows_of("0000")) ==
        "task.threshold.recall needs rows of both classes among the calibration rows of "
        "data.split.calibration; of 4 there are 0 positive and 4 negative ones; raise "
        "data.split.calibration, or give a number");
  auto weightless = rows_of("0001");
  weightless.weights = {1.0, 1.0, 1.0, 0.0};
  CHECK_THAT(fault_of(config, weightless), CANDOR_CONTAINS("0 positive and 3 negative"));
  config.task.threshold = ThresholdConfig::of_number(0.3);
  CHECK(fault_of(config, rows_of("0000")) == "");
}

TEST_CASE("a threshold decides between two classes", "[metrics]") {
  RunConfig config;
  config.task.threshold = ThresholdConfig::of_number(0.3);
  CHECK_NOTHROW(check_two_labels(config, {"no", "yes"}));
  const auto error = test::error_of([&] { check_two_labels(config, {"a", "b", "c"}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(error->what() == std::string("task.threshold: a threshold decides between two classes, and "
                                     "the data has 3; remove it (~task.threshold)"));
}

TEST_CASE("thresholds by group need groups, and both classes where the constraint compares them",
          "[metrics]") {
  const auto parity = with_group_thresholds(GroupConstraint::demographic_parity);
  const auto odds = with_group_thresholds(GroupConstraint::equalized_odds);
  const auto mixed = rows_of("0101", "FFMM");
  CHECK(fault_of(parity, mixed) == "");
  CHECK(fault_of(odds, mixed) == "");
  CHECK(fault_of(parity, rows_of("0101", "FFFF")) ==
        "calibration.group_thresholds.group 'sex': needs rows of two groups at least; the 4 "
        "calibration rows of data.split.calibration have 1 group; raise data.split.calibration");
  const auto one_sided = rows_of("0111", "FFMM");
  CHECK(fault_of(parity, one_sided) == "");
  CHECK(
      fault_of(odds, one_sided) ==
      "calibration.group_thresholds.group 'sex': equalized_odds compares both classes, and 1 of 2 "
      "groups have rows of one alone among the calibration rows of data.split.calibration; set "
      "constraint to demographic_parity, or raise data.split.calibration");
}

TEST_CASE("every group that will be decided on needs a threshold", "[metrics]") {
  const auto config = with_group_thresholds(GroupConstraint::demographic_parity);
  auto rows = rows_of("0101", "FFMM");
  rows.decided["sex"] = {"F", "M", "F"};
  CHECK(fault_of(config, rows) == "");
  rows.decided["sex"] = {"F", "X", "X", "Y"};
  CHECK(fault_of(config, rows) ==
        "calibration.group_thresholds.group 'sex': 2 of the 3 groups that are to be decided on (3 "
        "rows) have none of the 4 calibration rows of data.split.calibration, and so no threshold; "
        "raise data.split.calibration");
}
