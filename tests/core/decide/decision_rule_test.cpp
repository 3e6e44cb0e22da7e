// SPDX-License-Identifier: Apache-2.0
#include "core/decide/decision_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/decide/fit_decision_rule.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;
using test::made_rows;

std::vector<std::string> halves(std::size_t count) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < count; ++i) groups.push_back(i % 3 == 0 ? "F" : "M");
  return groups;
}

// A rule with every part, of two classes.
DecisionRule whole_rule(CalibrationMethod method = CalibrationMethod::isotonic) {
  DecisionOptions options;
  options.calibration = method;
  options.priors = PriorShift{{0.5, 0.5}, {0.6, 0.4}, "given"};
  options.threshold = MaximizeMetric{ThresholdMetric::f1};
  options.group_thresholds = {"sex", {GroupConstraint::equalized_odds}};
  options.conformal = {ConformalMethod::aps, 0.1, "sex"};
  options.abstain = AbstainForCoverage{0.8};
  return fit_decision_rule(made_rows(400, 2, 1.5, 2.0, 1), {{"sex", halves(400)}}, options).rule;
}

DecisionRule back(const DecisionRule& rule) {
  return decision_rule_from_json(
      parse_json(to_json(rule).dump(), "decision.json", ErrorKind::model), "decision.json");
}

std::string fault_of(const Json& json) {
  const auto error = error_of([&] { decision_rule_from_json(json, "decision.json"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  return error->what();
}

std::string fault_at(const std::string& pointer, const Json& value) {
  auto json = to_json(whole_rule());
  json[Json::json_pointer(pointer)] = value;
  return fault_of(json);
}

}  // namespace

TEST_CASE("a rule without parts is the most probable class, the first of equals", "[decide]") {
  DecisionRule rule;
  rule.classes = 3;
  CHECK(rule.plain());
  const auto decision = decide(rule, std::vector<double>{0.25, 0.5, 0.25});
  CHECK(decision.label == 1);
  CHECK(decision.probabilities == std::vector<double>{0.25, 0.5, 0.25});
  CHECK_FALSE(decision.set);
  CHECK_FALSE(decision.abstained);
  CHECK(decide(rule, std::vector<double>{0.4, 0.2, 0.4}).label == 0);
}

TEST_CASE("a threshold is reached when it is met", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.threshold = {0.25, "fixed"};
  CHECK(decide(rule, std::vector<double>{0.75, 0.25}).label == 1);
  CHECK(decide(rule, std::vector<double>{0.76, 0.24}).label == 0);
}

TEST_CASE("the parts apply in order: calibration, frequencies, label, abstention", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.calibration = Temperature{2.0};
  rule.priors = PriorShift{{0.5, 0.5}, {0.8, 0.2}, "given"};
  rule.threshold = {0.4, "fixed"};
  rule.abstention = Abstention{0.6, "fixed", 1.0, 0.0};
  // Odds 9: 3 at temperature 2, 3/4 with the frequencies: 3/7.
  const auto decision = decide(rule, std::vector<double>{0.1, 0.9});
  CHECK(decision.probabilities[1] == Approx(3.0 / 7).epsilon(1e-14));
  CHECK(decision.label == 1);
  CHECK(decision.abstained);  // 4/7 is less than 0.6
}

TEST_CASE("sets are of the model's own probabilities", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.conformal =
      Conformal{.method = ConformalMethod::lac, .alpha = 0.1, .rows = 50, .quantile = 0.8};
  const std::vector<double> own{0.85, 0.15};
  CHECK(decide(rule, own).set == std::vector<std::int64_t>{0});
  rule.calibration = Temperature{20.0};
  const auto decision = decide(rule, own);
  CHECK(decision.set == std::vector<std::int64_t>{0});
  CHECK(decision.probabilities[1] > 0.4);
}

TEST_CASE("the group decides where thresholds go by group", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.group_thresholds = GroupThresholds{"sex",
                                          GroupConstraint::demographic_parity,
                                          GroupObjective::accuracy,
                                          0.0,
                                          {{"F", {{0.3, 1.0}}}, {"M", {{0.6, 1.0}}}}};
  const std::vector<double> row{0.5, 0.5};
  CHECK(decide(rule, row, {{"sex", "F"}}).label == 1);
  CHECK(decide(rule, row, {{"sex", "M"}, {"other", "x"}}).label == 0);
  const auto missing = error_of([&] { decide(rule, row); });
  REQUIRE(missing);
  CHECK(missing->kind() == ErrorKind::request);
  CHECK(missing->what() ==
        std::string("column 'sex' is missing: this model decides by it; send its value"));
}

TEST_CASE("drawn decisions come as often as they should, and the same for the same row",
          "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.group_thresholds = GroupThresholds{"sex",
                                          GroupConstraint::equalized_odds,
                                          GroupObjective::accuracy,
                                          0.0,
                                          {{"F", {{0.2, 0.3}, {0.999, 0.7}}}, {"M", {{0.5, 1.0}}}}};
  int selected = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto p = 0.25 + i * 0.00005;
    const std::vector<double> row{1 - p, p};
    const auto label = decide(rule, row, {{"sex", "F"}}).label;
    CHECK(label == decide(rule, row, {{"sex", "F"}}).label);
    selected += label == 1;
  }
  CHECK(selected == Approx(3000).margin(3 * std::sqrt(10000 * 0.21)));
}

TEST_CASE("a rule comes back from JSON as it was written", "[decide]") {
  for (const auto method :
       {CalibrationMethod::none, CalibrationMethod::temperature, CalibrationMethod::isotonic}) {
    const auto rule = whole_rule(method);
    const auto again = back(rule);
    CHECK(to_json(again) == to_json(rule));
    const auto rows = made_rows(200, 2, 1.5, 2.0, 2);
    for (std::size_t i = 0; i < rows.count(); ++i) {
      const RowGroups groups{{"sex", i % 2 == 0 ? "F" : "M"}};
      const auto a = decide(rule, rows.row(i), groups);
      const auto b = decide(again, rows.row(i), groups);
      CHECK(a.label == b.label);
      CHECK(a.probabilities == b.probabilities);
      CHECK(a.set == b.set);
      CHECK(a.abstained == b.abstained);
    }
  }
}

TEST_CASE("a group with too few rows is not written, and gets every class", "[decide]") {
  auto groups = std::vector<std::string>(40, "many");
  groups[7] = "rare";
  DecisionOptions options;
  options.conformal = {ConformalMethod::lac, 0.1, "kind"};
  const auto rule =
      fit_decision_rule(made_rows(40, 3, 3.0, 1.0, 3), {{"kind", groups}}, options).rule;
  CHECK(to_json(rule)["conformal"]["groups"].size() == 1);
  CHECK(to_json(rule)["conformal"]["groups"].contains("many"));
  const std::vector<double> sure{0.998, 0.001, 0.001};
  CHECK(decide(back(rule), sure, {{"kind", "rare"}}).set == std::vector<std::int64_t>{0, 1, 2});
  CHECK(decide(back(rule), sure, {{"kind", "many"}}).set == std::vector<std::int64_t>{0});
  CHECK(decide(back(rule), sure).set == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("a plain rule is written without what does not apply", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  rule.rows = 10;
  rule.threshold = {0.5, "fixed"};
  CHECK(
      to_json(rule).dump() ==
      R"({"format_version":1,"classes":2,"rows":10,"threshold":{"value":0.5,"chosen_by":"fixed"}})");
}

TEST_CASE("a broken decision.json is refused with the place and what is allowed", "[decide]") {
  CHECK(fault_of(Json::array()) == "decision.json: found array; an object is expected");
  CHECK(fault_of(Json::object()) == "decision.json: has no 'format_version'");
  CHECK(fault_at("/format_version", 2) ==
        "decision.json/format_version: found 2; allowed: a whole number from 1 to 1");
  CHECK(fault_at("/rule", 1) ==
        "decision.json: has the unknown key \"rule\"; allowed: format_version, classes, rows, "
        "calibration, priors, threshold, group_thresholds, conformal, abstain");
  CHECK(fault_at("/classes", 1) ==
        "decision.json/classes: found 1; allowed: 0 (regression) or 2 and more");
  CHECK(fault_at("/classes", 3) == "decision.json/threshold: is for two classes only");
  CHECK(fault_at("/classes", -3) ==
        "decision.json/classes: found -3; allowed: a whole number from 0 to 16777216");
  CHECK(fault_at("/calibration/method", "platt") ==
        "decision.json/calibration/method: found \"platt\"; allowed: temperature, isotonic");
  CHECK(fault_at("/calibration/curves", Json::array()) ==
        "decision.json/calibration/curves: has 0 curves; expected: 1");
  CHECK(fault_at("/calibration/curves/0/x", Json({0.5, 0.25})) ==
        "decision.json/calibration/curves/0: x and y differ in length");
  CHECK(fault_at("/calibration/curves/0", Json{{"x", {0.5, 0.25}}, {"y", {0.1, 0.2}}}) ==
        "decision.json/calibration/curves/0/x: the numbers do not rise");
  CHECK(fault_at("/calibration/curves/0", Json{{"x", {0.25, 0.5}}, {"y", {0.2, 0.1}}}) ==
        "decision.json/calibration/curves/0/y: the numbers fall");
  CHECK(fault_at("/calibration/curves/0", Json{{"x", {0.25, 1.5}}, {"y", {0.1, 0.2}}}) ==
        "decision.json/calibration/curves/0/x/1: found 1.5; allowed: a number from 0 to 1");
  CHECK(fault_at("/priors/target", Json({0.5, 0.4})) ==
        "decision.json/priors: priors.target: the sum is 0.9; expected: 1");
  CHECK(fault_at("/threshold/value", "high") ==
        "decision.json/threshold/value: found \"high\"; allowed: a number");
  CHECK(fault_at("/group_thresholds/groups/F", Json::array()) ==
        "decision.json/group_thresholds/groups/F: the probabilities do not sum to 1");
  CHECK(fault_at("/group_thresholds/groups", Json::object()) ==
        "decision.json/group_thresholds/groups: two groups at least are expected");
  CHECK(fault_at("/conformal/method", "absolute_residual") ==
        "decision.json/conformal/method: is for regression only");
  CHECK(fault_at("/conformal/alpha", 1.0) ==
        "decision.json/conformal/alpha: found 1.0; allowed: a number from 1e-12 to 0.999999999999");
  CHECK(fault_at("/conformal/groups/F", -1) ==
        "decision.json/conformal/groups/F: found -1; allowed: a number from 0");
  CHECK(fault_at("/abstain/bound", 2) ==
        "decision.json/abstain/bound: found 2; allowed: a number from 0 to 1");
}

TEST_CASE("fitting all parts: each does what it says on the rows", "[decide]") {
  DecisionOptions options;
  options.calibration = CalibrationMethod::temperature;
  options.threshold = ThresholdAtRecall{0.9};
  options.conformal = {ConformalMethod::lac, 0.1, ""};
  options.abstain = AbstainForAccuracy{0.9};
  const auto rows = made_rows(3000, 2, 1.5, 3.0, 5);
  const auto fitted = fit_decision_rule(rows, {}, options);
  CHECK(fitted.log_loss_after < fitted.log_loss_before);
  CHECK(fitted.rule.rows == 3000);
  double positives = 0, found = 0, answered = 0, right = 0, covered = 0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const auto decision = decide(fitted.rule, rows.row(i));
    positives += rows.labels[i] == 1;
    found += rows.labels[i] == 1 && decision.label == 1;
    answered += !decision.abstained;
    right += !decision.abstained && decision.label == rows.labels[i];
    covered += std::count(decision.set->begin(), decision.set->end(), rows.labels[i]) > 0;
  }
  CHECK(found / positives >= 0.9);
  CHECK(found / positives < 0.91);
  CHECK(right / answered >= 0.9);
  CHECK(answered / 3000 == Approx(fitted.rule.abstention->coverage).epsilon(1e-9));
  CHECK(covered / 3000 == Approx(0.9).margin(0.002));
  CHECK(fitted.rule.threshold->chosen_by == "recall of at least 0.9");
  CHECK(fitted.rule.summary().size() == 4);
  CHECK(fitted.rule.summary()[2] == "sets (lac) that hold the truth in 90 %");
}

TEST_CASE("where classes come in other frequencies the threshold is chosen for there", "[decide]") {
  DecisionOptions options;
  options.threshold = MaximizeMetric{ThresholdMetric::accuracy};
  options.priors = PriorShift{{0.5, 0.5}, {0.9, 0.1}, "given"};
  const auto rows = made_rows(20000, 2, 1.5, 1.0, 6);
  const auto fitted = fit_decision_rule(rows, {}, options);
  // Probabilities are right after the move: a half is the most accurate threshold there too.
  CHECK(fitted.rule.threshold->value == Approx(0.5).margin(0.05));
}

TEST_CASE("sets by folds say so, in the file and in words", "[decide]") {
  auto rule = whole_rule();
  CHECK_FALSE(to_json(rule)["conformal"].contains("folds"));
  CHECK(back(rule).conformal->folds == 0);
  rule.conformal->folds = 5;
  CHECK(to_json(rule)["conformal"]["folds"] == 5);
  CHECK(back(rule).conformal->folds == 5);
  CHECK_THAT(fault_at("/conformal/folds", 1), CANDOR_CONTAINS("decision.json/conformal/folds"));
  rule.conformal->group_column.clear();
  const auto lines = rule.summary();
  CHECK(std::find(lines.begin(), lines.end(),
                  "sets (aps) meant for 90 %, by what the models of 5 folds said of 400 rows that "
                  "they had not seen: nothing is proven of this model, so go by the coverage that "
                  "is measured") != lines.end());
}

TEST_CASE("thresholds by group are told with their numbers", "[decide]") {
  DecisionRule rule;
  rule.classes = 2;
  auto& thresholds = rule.group_thresholds.emplace();
  thresholds.column = "sex";
  thresholds.constraint = GroupConstraint::equalized_odds;
  thresholds.groups = {{"F", {{0.25, 0.4}, {0.5, 0.6}}}, {"M", {{kSelectNever, 1.0}}}};
  CHECK(rule.decided_by() == "thresholds by sex (equalized_odds)");
  CHECK(rule.summary() ==
        std::vector<std::string>{"thresholds by sex (equalized_odds)",
                                 "threshold of sex F: 0.25 for 40 %, 0.5 for 60 %",
                                 "threshold of sex M: never"});
  for (int i = 0; i < 30; ++i) thresholds.groups[std::to_string(i)] = {{0.5, 1.0}};
  CHECK(rule.summary().size() == 1 + 24 + 1);
  CHECK(rule.summary().back() == "8 more thresholds are in decision.json");
}

TEST_CASE("a rule tells which columns it must be told", "[decide]") {
  const auto rule = whole_rule();
  CHECK(rule.group_columns() == std::vector<std::string>{"sex"});
  CHECK(DecisionRule{}.group_columns().empty());
  const auto error = error_of([] {
    DecisionOptions options;
    options.conformal = {ConformalMethod::lac, 0.1, "race"};
    fit_decision_rule(made_rows(40, 2, 1.0, 1.0, 0), {}, options);
  });
  REQUIRE(error);
  CHECK(error->what() == std::string("calibration rows: have no values of the column 'race'"));
}

TEST_CASE("regression: an interval and nothing else", "[decide]") {
  std::vector<double> targets, predictions;
  for (int i = 0; i < 99; ++i) {
    predictions.push_back(i);
    targets.push_back(i + (i % 2 == 0 ? 1.0 : -1.0) * (i + 1));
  }
  const auto rule = fit_interval_rule(targets, predictions, {}, {ConformalMethod::lac, 0.1, ""});
  const auto interval = decide_interval(back(rule), 1000.0);
  REQUIRE(interval);
  CHECK(interval->low == 910.0);  // the 90th smallest residual of 1 .. 99
  CHECK(interval->high == 1090.0);
  CHECK(rule.summary() == std::vector<std::string>{"intervals that hold the truth in 90 %"});
  DecisionRule none;
  CHECK_FALSE(decide_interval(none, 1.0));
}

}  // namespace candor
