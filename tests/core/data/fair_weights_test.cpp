// SPDX-License-Identifier: Apache-2.0
#include "core/data/fair_weights.h"

#include <array>
#include <cmath>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

FairnessConfig config_of(FairnessMethod method) {
  FairnessConfig config;
  config.method = method;
  config.group = "sex";
  return config;
}

}  // namespace

TEST_CASE("reweighing makes class and group independent", "[data]") {
  // The toy of Fairlearn's documentation: rows of class 0 and 1 in groups a, b and c.
  const FairWeights weights(config_of(FairnessMethod::reweighing), 2, {2, 2, 1, 5, 3, 5});
  CHECK(weights.rule(0, 0).weight == Approx(2.0 / 3.0));
  CHECK(weights.rule(0, 1).weight == Approx(4.0 / 3.0));
  CHECK(weights.rule(1, 0).weight == Approx(2.0));
  CHECK(weights.rule(1, 1).weight == Approx(4.0 / 5.0));
  CHECK(weights.rule(2, 0).weight == Approx(8.0 / 9.0));
  CHECK(weights.rule(2, 1).weight == Approx(16.0 / 15.0));
  CHECK(weights.rule(2, 1).label == 1);
  CHECK(weights.to_json() == Json::array());
}

// AIF360's tutorial on German credit (training rows of its shuffle with seed 0, aged 25 or more
// against younger): bad and good credit, and the published difference of the shares of good credit.
TEST_CASE("reweighing German credit takes the published difference to nothing", "[data]") {
  const std::array<double, 4> counts = {50, 63, 160, 427};
  const FairWeights weights(config_of(FairnessMethod::reweighing), 2, {50, 63, 160, 427});
  const auto good = [&](std::size_t group, bool weighted) {
    double of_class[2];
    for (const std::size_t k : {0u, 1u}) {
      const auto weight = weighted ? weights.rule(group, k).weight : 1.0;
      of_class[k] = weight * counts[2 * group + k];
    }
    return of_class[1] / (of_class[0] + of_class[1]);
  };
  CHECK(good(0, false) - good(1, false) == Approx(-0.169905).margin(5e-7));
  CHECK(good(0, true) - good(1, true) == Approx(0.0).margin(1e-12));
}

TEST_CASE("group_dro moves weight to the group of the higher loss", "[data]") {
  auto config = config_of(FairnessMethod::group_dro);
  config.step = 0.5;
  FairWeights weights(config, 1, {30, 10});
  CHECK(weights.shared());
  CHECK(weights.rule(0, 0).weight == 0.5);
  CellSums seen(2);
  seen.rows = {3, 1};
  seen.loss = {3.0, 2.0};  // means 1 and 2
  weights.update(seen);
  // q is proportional to exp(0.5 * 1) and exp(0.5 * 2).
  CHECK(weights.rule(1, 0).weight == Approx(1.0 / (1.0 + std::exp(-0.5))));
  CHECK(weights.rule(0, 0).weight + weights.rule(1, 0).weight == Approx(1.0));
  seen.rows = {4, 0};
  seen.loss = {4.0, 0.0};
  const auto before = weights.rule(1, 0).weight / weights.rule(0, 0).weight;
  weights.update(seen);  // a group that was not seen stays as it is, beside one that grows
  CHECK(weights.rule(1, 0).weight / weights.rule(0, 0).weight == Approx(before * std::exp(-0.5)));
}

TEST_CASE("the size adjustment favours small groups", "[data]") {
  auto config = config_of(FairnessMethod::group_dro);
  config.step = 1.0;
  config.size_adjustment = 2.0;
  FairWeights weights(config, 1, {100, 4});
  CellSums seen(2);
  seen.rows = {1, 1};
  seen.loss = {1.0, 1.0};
  weights.update(seen);
  CHECK(weights.rule(1, 0).weight / weights.rule(0, 0).weight == Approx(std::exp(1.0 - 0.2)));
}

TEST_CASE("multipliers begin with every row as it is", "[data]") {
  for (const auto constraint :
       {GroupConstraint::demographic_parity, GroupConstraint::equalized_odds}) {
    auto config = config_of(FairnessMethod::exponentiated_gradient);
    config.constraint = constraint;
    const FairWeights weights(config, 2, {20, 10, 5, 10});
    for (std::size_t group = 0; group < 2; ++group) {
      for (std::size_t label = 0; label < 2; ++label) {
        CHECK(weights.rule(group, label).weight == Approx(1.0));
        CHECK(weights.rule(group, label).label == label);
      }
    }
  }
}

TEST_CASE("a group that is chosen too often makes its positive rows count less", "[data]") {
  auto config = config_of(FairnessMethod::exponentiated_gradient);
  config.step = 0.1;
  config.max_difference = 0.0;
  FairWeights weights(config, 2, {50, 50, 50, 50});
  CellSums seen(4);
  seen.rows = {5, 5, 5, 5};
  seen.positive = {3, 5, 0, 2};  // 0.8 of group 0, 0.2 of group 1
  for (int i = 0; i < 3; ++i) weights.update(seen);
  CHECK(weights.rule(0, 1).weight < 1.0);
  CHECK(weights.rule(0, 0).weight > 1.0);
  CHECK(weights.rule(1, 1).weight > 1.0);
  CHECK(weights.rule(1, 0).weight < 1.0);
  // Far enough, the cheaper answer is the other one.
  for (int i = 0; i < 30; ++i) weights.update(seen);
  CHECK(weights.rule(0, 1).label == 0);
  CHECK(weights.rule(1, 0).label == 1);
  // Rates that are equal leave them there; the other way round they come back.
  seen.positive = {0, 2, 3, 5};
  for (int i = 0; i < 33; ++i) weights.update(seen);
  CHECK(weights.rule(0, 1).label == 1);
  CHECK(weights.rule(0, 1).weight == Approx(1.0));
}

TEST_CASE("equalised odds looks at the rates of each class alone", "[data]") {
  auto config = config_of(FairnessMethod::exponentiated_gradient);
  config.constraint = GroupConstraint::equalized_odds;
  config.step = 0.1;
  config.max_difference = 0.0;
  FairWeights weights(config, 2, {50, 50, 50, 50});
  CellSums seen(4);
  seen.rows = {5, 5, 5, 5};
  seen.positive = {1, 4, 1, 2};  // equal false, unequal true positive rates
  weights.update(seen);
  CHECK(weights.rule(0, 0).weight == Approx(1.0));
  CHECK(weights.rule(1, 0).weight == Approx(1.0));
  CHECK(weights.rule(0, 1).weight < 1.0);
  CHECK(weights.rule(1, 1).weight > 1.0);
}

TEST_CASE("the state of the weights survives as it is", "[data]") {
  for (const auto method : {FairnessMethod::group_dro, FairnessMethod::exponentiated_gradient}) {
    auto config = config_of(method);
    FairWeights weights(config, 2, {20, 10, 5, 10});
    CellSums seen(4);
    seen.rows = {3, 2, 1, 2};
    seen.loss = {0.1, 0.7, 0.3, 1.1};
    seen.positive = {1, 2, 0, 1};
    weights.update(seen);
    FairWeights again(config, 2, {20, 10, 5, 10});
    again.from_json(Json::parse(weights.to_json().dump()), "state.json");
    CHECK(again.to_json() == weights.to_json());
    CHECK(again.rule(1, 1).weight == weights.rule(1, 1).weight);
    const auto error = test::error_of([&] { again.from_json(Json::array({1.0}), "state.json"); });
    REQUIRE(error);
    CHECK(error->what() == std::string("state.json: fairness is missing or of another length; the "
                                       "file is damaged, or the groups of the training rows are "
                                       "others"));
  }
}

TEST_CASE("what a method cannot do is refused", "[data]") {
  const auto fault = [](FairnessMethod method, std::size_t classes, std::vector<double> counts) {
    const auto error =
        test::error_of([&] { FairWeights(config_of(method), classes, std::move(counts)); });
    return error ? std::string(error->what()) : "";
  };
  CHECK(
      fault(FairnessMethod::reweighing, 2, {3, 4}) ==
      "train.fairness.group: all training rows have the same 'sex'; name a column with two values "
      "or more");
  CHECK(fault(FairnessMethod::exponentiated_gradient, 3, {1, 1, 1, 1, 1, 1}) ==
        "train.fairness.method exponentiated_gradient needs two classes, but the data have 3; set "
        "reweighing or group_dro");
}

TEST_CASE("violations are those of Fairlearn's guide to reductions", "[data]") {
  // Rows of class 0 and 1 in groups a and b, and how many of them were answered with 1. The logs of
  // the multipliers move by step (violation - 0), first of "too high", then of "too low".
  const auto moved = [](GroupConstraint constraint, std::vector<double> rows,
                        std::vector<double> positive) {
    auto config = config_of(FairnessMethod::exponentiated_gradient);
    config.constraint = constraint;
    config.step = 0.1;
    config.max_difference = 0.0;
    FairWeights weights(config, 2, rows);
    CellSums seen(4);
    seen.rows = std::move(rows);
    seen.positive = std::move(positive);
    weights.update(seen);
    return weights.to_json().get<std::vector<double>>();
  };
  const auto check = [](const std::vector<double>& logs, const std::vector<double>& violations) {
    REQUIRE(logs.size() == 2 * violations.size());
    for (std::size_t rate = 0; rate < violations.size(); ++rate) {
      CHECK(logs[rate] / 0.1 == Approx(violations[rate]));
      CHECK(logs[violations.size() + rate] / 0.1 == Approx(-violations[rate]));
    }
  };
  check(moved(GroupConstraint::demographic_parity, {2, 3, 4, 1}, {0, 3, 0, 1}), {0.2, -0.2});
  check(moved(GroupConstraint::equalized_odds, {1, 4, 2, 3}, {0, 3, 1, 1}),
        {-1.0 / 3, 0.75 - 4.0 / 7, 1.0 / 6, 1.0 / 3 - 4.0 / 7});
}

TEST_CASE("weights of Adult by sex equal AIF360's", "[data]") {
  // 70 % of Adult, as AIF360 0.6.1 shuffled it: women and men, without and with more than 50,000
  // US$.
  const std::vector<double> counts = {10069, 1253, 15986, 6881};
  const FairWeights weights(config_of(FairnessMethod::reweighing), 2, counts);
  const double known[] = {0.8569223871853865, 2.1497593642700266, 1.090119384675988,
                          0.7906338492326198};
  double sum[4];
  for (std::size_t cell = 0; cell < 4; ++cell) {
    const auto weight = weights.rule(cell / 2, cell % 2).weight;
    CHECK(weight == Approx(known[cell]).epsilon(1e-12));
    sum[cell] = weight * counts[cell];
  }
  CHECK(counts[1] / (counts[0] + counts[1]) - counts[3] / (counts[2] + counts[3]) ==
        Approx(-0.19024448782332606));
  CHECK(sum[1] / (sum[0] + sum[1]) == Approx(sum[3] / (sum[2] + sum[3])).epsilon(1e-12));
}
