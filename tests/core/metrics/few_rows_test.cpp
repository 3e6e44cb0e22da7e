// SPDX-License-Identifier: Apache-2.0
// What few rows, or few that have most of the weight, do not show of a classifier.
#include <cmath>

#include "core/base/random.h"
#include "core/metrics/class_rows.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

// A heavy row makes nearly all of a metric, from which it then hardly differs: that is no
// certainty.
TEST_CASE("a few heavy rows leave no mean an interval, and no gate on one passes", "[metrics]") {
  for (const int heavy : {1, 4}) {
    auto scored = random_rows(20, 2, 5);
    scored.weight.assign(20, 1.0);
    for (int i = 0; i < heavy; ++i) scored.weight[static_cast<std::size_t>(i)] = 1e4;
    EvaluateConfig config;
    config.gates = {{"brier", {std::nullopt, 0.999}}, {"log_loss", {std::nullopt, 30.0}}};
    const auto report = make_report(scored, config);
    for (const auto* name : {"brier", "log_loss", "mcc", "f1_macro", "average_precision"}) {
      INFO(name << " with " << heavy);
      const auto* metric = report.find(name);
      if (!metric->value) continue;
      CHECK_FALSE(metric->low);
      CHECK(metric->method == "none");
      CHECK(metric->reason == "a few rows have most of the weight");
    }
    for (const auto& gate : report.gates) {
      CHECK(gate.state == GateState::undecided);
      CHECK(gate.reason.find("most of the weight") != std::string::npos);
    }
    const auto* auc = report.find("roc_auc");
    if (auc->low) CHECK(*auc->high - *auc->low > 0.3);
  }
}

// What the light rows do says that the heavy ones could do it too.
TEST_CASE("heavy rows that are all right are no proof", "[metrics]") {
  for (const int heavy : {2, 3, 6, 12}) {
    auto scored = random_rows(100 + static_cast<std::size_t>(heavy), 2, 8);
    scored.weight.assign(scored.target.size(), 1e-6);
    const RandomStream stream(9, "light");
    for (std::size_t i = 0; i < scored.target.size(); ++i) {
      const bool is_heavy = i < static_cast<std::size_t>(heavy);
      scored.target[i] = static_cast<std::int64_t>(i % 2);
      const auto sure = is_heavy || stream.uniform(i) < 0.5;
      const auto of_true = sure ? 0.9f : 0.1f;
      scored.probabilities[2 * i + i % 2] = of_true;
      scored.probabilities[2 * i + 1 - i % 2] = 1.0f - of_true;
      if (is_heavy) scored.weight[i] = 1.0;
    }
    EvaluateConfig config;
    for (const auto* name :
         {"f1_macro", "precision_macro", "mcc", "roc_auc", "average_precision"}) {
      config.gates[name] = {0.9, std::nullopt, std::nullopt};
    }
    config.gates["brier"] = {std::nullopt, 0.02, std::nullopt};
    for (const auto& gate : make_report(scored, config).gates) {
      INFO(gate.metric << " of " << heavy << " heavy rows");
      CHECK(gate.state == GateState::undecided);
    }
  }
}

TEST_CASE("a class of which one row has the weight leaves no score an interval", "[metrics]") {
  auto scored = random_rows(1020, 2, 10);
  scored.weight.assign(1020, 1.0);
  for (std::size_t i = 0; i < 1020; ++i) {
    scored.target[i] = i < 20 ? 1 : 0;
    if (i < 20) scored.weight[i] = i == 0 ? 100.0 : 1e-3;
  }
  const auto report = report_of(scored);
  for (const auto* name : {"average_precision", "roc_auc", "f1_macro", "mcc"}) {
    INFO(name);
    CHECK_FALSE(report.find(name)->low);
    CHECK(report.find(name)->reason == "a few rows have most of the weight");
  }
  CHECK(report.find("brier")->low);  // of all rows alike
}

TEST_CASE("no score is exact by rows that have no weight", "[metrics]") {
  auto scored = random_rows(200, 2, 11);
  scored.weight.assign(200, 1e-20);
  for (std::size_t i = 0; i < 200; ++i) {
    scored.target[i] = static_cast<std::int64_t>(i % 2);
    scored.probabilities[2 * i + i % 2] = 0.9f;
    scored.probabilities[2 * i + 1 - i % 2] = 0.1f;
  }
  scored.weight[0] = scored.weight[1] = 1.0;
  const auto report = report_of(scored);
  for (const auto* name : {"f1_macro", "precision_macro", "precision_weighted"}) {
    INFO(name);
    CHECK(report.find(name)->value == Approx(1.0));
    CHECK_FALSE(report.find(name)->low);
  }
  // Classes of other weights: twenty of each stay twenty.
  auto apart = random_rows(40, 2, 12);
  for (std::size_t i = 0; i < 40; ++i) {
    apart.target[i] = static_cast<std::int64_t>(i % 2);
    apart.probabilities[2 * i + i % 2] = 0.9f;
    apart.probabilities[2 * i + 1 - i % 2] = 0.1f;
    apart.weight.push_back(i % 2 == 0 ? 1e10 : 1.0);
  }
  CHECK(*report_of(apart).find("roc_auc")->low == Approx(std::pow(0.05, 1.0 / 20.0)));
}

TEST_CASE("fewer than five rows have values and no intervals of means", "[metrics]") {
  const auto report = report_of(random_rows(4, 2, 6));
  const auto* brier = report.find("brier");
  CHECK(brier->value);
  CHECK_FALSE(brier->low);
  CHECK(brier->reason == "fewer than five rows");
  CHECK(report_of(random_rows(5, 2, 6)).find("brier")->low);
}

TEST_CASE("no end of an interval lies outside of what the metric can be", "[metrics]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    auto scored = random_rows(6, 2, seed);
    // Sure of the wrong class, most of them.
    for (std::size_t i = 0; i < 6; ++i) {
      const auto right = i == seed % 6 ? 0.999f : 1e-16f;
      scored.probabilities[2 * i + static_cast<std::size_t>(scored.target[i])] = right;
      scored.probabilities[2 * i + 1 - static_cast<std::size_t>(scored.target[i])] = 1.0f - right;
    }
    const auto report = report_of(scored);
    for (const auto& [name, most] : {std::pair("brier", 1.0), std::pair("log_loss", 36.05)}) {
      INFO(name << " of seed " << seed);
      const auto* metric = report.find(name);
      REQUIRE(metric->high);
      CHECK(*metric->high <= most);
      CHECK(*metric->low >= 0.0);
    }
  }
}

// All rows sure and right: an accuracy of 0.05^(1/n) would show this in one case of twenty.
TEST_CASE("no calibration error seen in n rows is no proof that there is none", "[metrics]") {
  auto scored = random_rows(100, 2, 7);
  for (std::size_t i = 0; i < 100; ++i) {
    scored.probabilities[2 * i] = scored.target[i] == 0 ? 1.0f : 0.0f;
    scored.probabilities[2 * i + 1] = scored.target[i] == 1 ? 1.0f : 0.0f;
  }
  const auto report = report_of(scored);
  for (const auto* name : {"ece", "rms_calibration_error"}) {
    INFO(name);
    CHECK(*report.find(name)->low == 0.0);
    CHECK(*report.find(name)->high >= 1.0 - std::pow(0.05, 0.01));
    CHECK(*report.find(name)->high < 0.05);
  }
}

TEST_CASE("one row of nearly all weight leaves intervals wide, and no error", "[metrics]") {
  for (const auto heavy : {1e4, 1e5, 1e9, 1e15, 1e30}) {
    INFO(heavy);
    auto scored = random_rows(400, 2, 13);
    scored.weight.assign(400, 1.0);
    scored.weight[7] = heavy;
    for (int i = 0; i < 400; ++i) scored.groups["g"].push_back(i % 3 == 0 ? "a" : "b");
    EvaluateConfig config;
    config.gates = {{"accuracy", {0.75, std::nullopt}}, {"log_loss", {std::nullopt, 0.5}}};
    const auto report = make_report(scored, config);
    CHECK_FALSE(report.find("rms_calibration_error")->value);
    for (const auto& metric : report.metrics) {
      INFO(metric.name);
      CHECK((metric.low.has_value() || !metric.reason.empty()));
    }
    const auto* accuracy = report.find("accuracy");
    CHECK(*accuracy->high - *accuracy->low > 0.3);
    CHECK(report.gates.at(0).state == GateState::undecided);  // of accuracy
    for (const auto& metric : report.metrics) {
      INFO(metric.name);
      if (metric.low) CHECK(std::isfinite(*metric.low));
      if (metric.high) CHECK(std::isfinite(*metric.high));
    }
  }
}
