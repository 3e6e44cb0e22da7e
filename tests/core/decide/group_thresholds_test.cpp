// SPDX-License-Identifier: Apache-2.0
#include "core/decide/group_thresholds.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/decide/conformal.h"
#include "core/decide/threshold.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;

// As Adult by sex: a third women, of whom 11 % earn much, and 30 % of the men; scores are
// calibrated, and tell the classes apart about as well as models do there (AUC 0.9).
CalibrationRows incomes(std::size_t count, std::uint64_t seed) {
  const RandomStream stream(seed, "incomes");
  CalibrationRows rows;
  rows.classes = 2;
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    const bool woman = own.uniform(0) < 0.33;
    const bool high = own.uniform(1) < (woman ? 0.11 : 0.30);
    const double base = woman ? 0.11 : 0.30;
    const double separation = 1.8;
    const auto x = own.normal(1) + (high ? separation : 0.0);
    const auto logit = std::log(base / (1 - base)) + separation * x - separation * separation / 2;
    const auto p = 1 / (1 + std::exp(-logit));
    rows.probabilities.push_back(1 - p);
    rows.probabilities.push_back(p);
    rows.labels.push_back(high);
    rows.groups.push_back(woman ? "Female" : "Male");
  }
  return rows;
}

double best_threshold(const CalibrationRows& rows) {
  return choose_threshold(binary_scores(rows), MaximizeMetric{ThresholdMetric::balanced_accuracy})
      .value;
}

GroupFit fit(const CalibrationRows& rows, GroupConstraint constraint, double gap = 0.0) {
  return fit_group_thresholds(rows, "sex", {constraint, GroupObjective::balanced_accuracy, gap},
                              best_threshold(rows));
}

GroupEffect on_new_rows(const GroupThresholds& thresholds, const CalibrationRows& rows) {
  std::vector<double> selection;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    selection.push_back(thresholds.selection(rows.positive(i), rows.groups[i]));
  }
  return measure_group_effect(rows, selection);
}

std::string fault_of(const CalibrationRows& rows, GroupConstraint constraint, ErrorKind kind) {
  const auto error = error_of([&] { fit_group_thresholds(rows, "sex", {constraint}, 0.5); });
  REQUIRE(error);
  CHECK(error->kind() == kind);
  return error->what();
}

}  // namespace

TEST_CASE("demographic parity on data like Adult: a gap of 0.10 at most, for under three points",
          "[decide]") {
  const auto fitted = fit(incomes(20000, 1), GroupConstraint::demographic_parity, 0.08);
  CHECK(fitted.before.demographic_parity_difference > 0.2);
  CHECK(fitted.after.demographic_parity_difference <= 0.081);
  CHECK(fitted.cost < 0.03);
  CHECK(fitted.cost > 0.0);
  const auto fresh = incomes(20000, 2);
  const auto there = on_new_rows(fitted.thresholds, fresh);
  CHECK(there.demographic_parity_difference <= 0.10);
  std::vector<double> before;
  const auto threshold = best_threshold(incomes(20000, 1));
  for (std::size_t i = 0; i < fresh.count(); ++i) before.push_back(fresh.positive(i) >= threshold);
  CHECK(there.balanced_accuracy >= measure_group_effect(fresh, before).balanced_accuracy - 0.03);
}

TEST_CASE("a parity threshold is one number per group: nothing is drawn", "[decide]") {
  const auto fitted = fit(incomes(2000, 3), GroupConstraint::demographic_parity);
  REQUIRE(fitted.thresholds.groups.size() == 2);
  for (const auto& [group, mix] : fitted.thresholds.groups) {
    REQUIRE(mix.size() == 1);
    CHECK(mix[0].probability == 1.0);
  }
  CHECK(fitted.after.demographic_parity_difference < 0.003);
}

TEST_CASE("the parity thresholds are the best of all pairs", "[decide]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto rows = incomes(60, 40 + seed);
    const auto gap = 0.05 * static_cast<double>(seed % 4);
    const auto fitted = fit(rows, GroupConstraint::demographic_parity, gap);
    std::map<std::string, std::vector<Cut>> cuts_of;
    for (const auto* group : {"Female", "Male"}) {
      BinaryScores own;
      for (std::size_t i = 0; i < rows.count(); ++i) {
        if (rows.groups[i] != group) continue;
        own.score.push_back(rows.positive(i));
        own.positive.push_back(rows.labels[i] == 1);
      }
      cuts_of[group] = cuts(own);
    }
    // Only pairs within the gap itself; the fit may use one step more.
    double best = 0.0;
    for (const auto& a : cuts_of["Female"]) {
      for (const auto& b : cuts_of["Male"]) {
        const auto& x = a.outcomes;
        const auto& y = b.outcomes;
        if (std::abs(x.selected() / x.total() - y.selected() / y.total()) > gap) continue;
        const auto recall = (x.true_positive + y.true_positive) / (x.positives() + y.positives());
        const auto rejected = (x.true_negative + y.true_negative) / (x.negatives() + y.negatives());
        best = std::max(best, (recall + rejected) / 2);
      }
    }
    CHECK(fitted.after.balanced_accuracy >= best - 1e-12);
    const auto step = 1.0 / static_cast<double>(cuts_of["Female"].size() - 1);
    CHECK(fitted.after.demographic_parity_difference <= gap + step + 1e-9);
  }
}

TEST_CASE("a larger gap never costs more, and one as large as before costs nothing", "[decide]") {
  const auto rows = incomes(3000, 5);
  double cost = 1.0;
  for (const auto gap : {0.0, 0.02, 0.05, 0.1, 0.2, 1.0}) {
    const auto fitted = fit(rows, GroupConstraint::demographic_parity, gap);
    CHECK(fitted.cost <= cost + 1e-12);
    cost = fitted.cost;
  }
  CHECK(cost <= 0.0);  // each group its own best threshold
}

TEST_CASE("equalized odds: both rates are equal in all groups", "[decide]") {
  const auto rows = incomes(5000, 6);
  const auto fitted = fit(rows, GroupConstraint::equalized_odds);
  CHECK(fitted.before.equalized_odds_difference > 0.15);
  CHECK(fitted.after.equalized_odds_difference < 1e-9);
  CHECK(fitted.cost < 0.05);
  const auto there = on_new_rows(fitted.thresholds, incomes(20000, 7));
  CHECK(there.equalized_odds_difference < 0.06);
}

TEST_CASE("equalized odds holds where one group is scored much worse", "[decide]") {
  auto rows = incomes(4000, 8);
  const RandomStream noise(1, "noise");
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (rows.groups[i] != "Female") continue;
    const auto p = 0.8 * noise.uniform(i) + 0.2 * rows.positive(i);
    rows.row(i)[1] = p;
    rows.row(i)[0] = 1 - p;
  }
  const auto fitted = fit(rows, GroupConstraint::equalized_odds);
  CHECK(fitted.after.equalized_odds_difference < 1e-9);
  // The better scored group gives up what it is better at.
  CHECK(fitted.thresholds.groups.at("Male").size() > 2);
}

TEST_CASE("a mix is a distribution, and selects the more, the higher the score", "[decide]") {
  const auto fitted = fit(incomes(2000, 9), GroupConstraint::equalized_odds);
  for (const auto& [group, mix] : fitted.thresholds.groups) {
    double sum = 0.0;
    for (const auto& part : mix) sum += part.probability;
    CHECK(sum == Approx(1.0).epsilon(1e-12));
    double before = 0.0;
    for (int i = 0; i <= 100; ++i) {
      const auto selection = fitted.thresholds.selection(i / 100.0, group);
      CHECK(selection >= before);
      before = selection;
    }
  }
}

TEST_CASE("rates of known rows", "[decide]") {
  // a: TP 1, FN 1, FP 2, TN 0; b: 3, 2, 0, 1; c: 2, 3, 2, 1 (Fairlearn's example).
  CalibrationRows rows;
  rows.classes = 2;
  std::vector<double> selection;
  const auto add = [&](const std::string& group, int count, std::int64_t label, double selected) {
    for (int i = 0; i < count; ++i) {
      rows.labels.push_back(label);
      rows.groups.push_back(group);
      selection.push_back(selected);
    }
  };
  add("a", 1, 1, 1), add("a", 1, 1, 0), add("a", 2, 0, 1);
  add("b", 3, 1, 1), add("b", 2, 1, 0), add("b", 1, 0, 0);
  add("c", 2, 1, 1), add("c", 3, 1, 0), add("c", 2, 0, 1), add("c", 1, 0, 0);
  const auto effect = measure_group_effect(rows, selection);
  REQUIRE(effect.groups.size() == 3);
  CHECK(effect.groups[0].selection == 0.75);
  CHECK(effect.groups[0].true_positive_rate == 0.5);
  CHECK(effect.groups[0].false_positive_rate == 1.0);
  CHECK(effect.groups[2].false_positive_rate == Approx(2.0 / 3).epsilon(1e-15));
  CHECK(effect.demographic_parity_difference == 0.25);
  CHECK(effect.equalized_odds_difference == 1.0);
  CHECK(effect.accuracy == Approx(8.0 / 18).epsilon(1e-15));
}

TEST_CASE("groups that cannot be compared are refused", "[decide]") {
  auto rows = test::two_class({0.2, 0.4, 0.6, 0.8}, {0, 1, 0, 1});
  CHECK(fault_of(rows, GroupConstraint::demographic_parity, ErrorKind::failed) ==
        "thresholds by group: the rows have no values of 'sex'");
  rows.groups = {"F", "F", "F", "F"};
  CHECK(fault_of(rows, GroupConstraint::demographic_parity, ErrorKind::data) ==
        "thresholds by group: column 'sex' has 1 group on the calibration rows; two at least are "
        "needed");
  rows.groups = {"F", "F", "F", "M"};
  CHECK(
      fault_of(rows, GroupConstraint::equalized_odds, ErrorKind::data) ==
      "thresholds by group: group 'M' has no negative calibration row, and equalized odds compare "
      "both; use demographic_parity, or more rows");
  rows.groups = {"M", "F", "F", "F"};
  CHECK_THAT(fault_of(rows, GroupConstraint::equalized_odds, ErrorKind::data),
             CANDOR_CONTAINS("group 'M' has no positive calibration row"));
  const auto gap = error_of([&] {
    fit_group_thresholds(rows, "sex",
                         {GroupConstraint::demographic_parity, GroupObjective::accuracy, 1.5}, 0.5);
  });
  REQUIRE(gap);
  CHECK(gap->what() == std::string("thresholds by group: found the gap 1.5; allowed: 0 to 1"));
}

TEST_CASE("an unknown group is refused with those that are known", "[decide]") {
  const auto fitted = fit(incomes(500, 10), GroupConstraint::demographic_parity);
  const auto error = error_of([&] { fitted.thresholds.selection(0.5, "other"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::request);
  CHECK(error->what() == std::string("column 'sex': a group the thresholds do not know; allowed: "
                                     "Female, Male"));
}

TEST_CASE("accuracy as objective: the thresholds that are right most often", "[decide]") {
  const auto rows = incomes(3000, 11);
  const auto accurate = fit_group_thresholds(
      rows, "sex", {GroupConstraint::demographic_parity, GroupObjective::accuracy, 0.05}, 0.5);
  const auto balanced = fit(rows, GroupConstraint::demographic_parity, 0.05);
  CHECK(accurate.after.accuracy > balanced.after.accuracy);
  CHECK(accurate.after.balanced_accuracy < balanced.after.balanced_accuracy);
  CHECK(accurate.cost == Approx(accurate.before.accuracy - accurate.after.accuracy).epsilon(1e-12));
}

}  // namespace candor
