// SPDX-License-Identifier: Apache-2.0
#include "engine/train/find_learning_rate.h"

#include <cmath>
#include <limits>

#include "engine/train/small_run.h"
#include "support/catch.h"

using namespace candor;

namespace {

std::vector<RatePoint> curve(const std::function<double(double)>& loss) {
  std::vector<RatePoint> points;
  for (int i = 0; i < 100; ++i) {
    const double exponent = -7.0 + 8.0 * i / 99.0;
    points.push_back({std::pow(10.0, exponent), loss(exponent), 0.0});
  }
  return points;
}

// Flat, then down around 10^-3, then up from 10^-1 on.
double valley(double exponent) {
  return 2.0 - 1.5 / (1.0 + std::exp(-4.0 * (exponent + 3.0))) +
         (exponent > -1.0 ? 20.0 * (exponent + 1.0) * (exponent + 1.0) : 0.0);
}

}  // namespace

TEST_CASE("the suggestion lies where the loss falls, before it rises", "[train]") {
  const auto range = read_curve(curve(valley));
  REQUIRE(range.steepest);
  REQUIRE(range.below_lowest);
  CHECK(*range.steepest > 1e-4);
  CHECK(*range.steepest < 3e-2);
  CHECK(*range.below_lowest > 1e-3);
  CHECK(*range.below_lowest < 1e-1);
  CHECK(range.suggestion() == std::min(*range.steepest, *range.below_lowest));
  CHECK(range.points.size() < 100);  // it ended when the loss had exploded
  CHECK(range.text().find("take train.optimizer.learning_rate=") != std::string::npos);
}

TEST_CASE("a loss that never falls, or is never finite, gives no suggestion", "[train]") {
  const auto rising = read_curve(curve([](double exponent) { return 10.0 + exponent; }));
  CHECK_FALSE(rising.suggestion());
  CHECK(rising.text().find("no suggestion: the loss never fell") != std::string::npos);
  CHECK(rising.json()["suggestion"].is_null());
  const auto never =
      read_curve(curve([](double) { return std::numeric_limits<double>::quiet_NaN(); }));
  CHECK(never.points.empty());
  CHECK_FALSE(never.suggestion());
}

TEST_CASE("the curve ends before the first loss that is not finite", "[train]") {
  const auto range = read_curve(
      curve([](double exponent) { return exponent > 0.0 ? HUGE_VAL : valley(exponent - 2.0); }));
  CHECK(range.points.back().learning_rate <= 1.0);
  for (const auto& point : range.points) CHECK(std::isfinite(point.smooth));
}

TEST_CASE("a search that is asked to stop does so before its next update", "[train]") {
  test::Run run(false);
  int updates = 0;
  const auto error =
      test::error_of([&] { run.trainer().find_rate([&] { return ++updates == 4; }); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(error->what() ==
        std::string("the search for a learning rate was stopped; there is nothing to resume"));
  CHECK(updates == 4);
}

TEST_CASE("the rate that is found for muon does not depend on the one that is configured",
          "[train]") {
  const auto found = [](double configured) {
    test::Run run(false, [=](TrainConfig& train) {
      MuonConfig muon;
      muon.learning_rate = configured;
      train.optimizer = muon;
    });
    MlpConfig model;
    model.hidden = {4, 4};
    run.config.model = model;
    run.network = make_network(run.config, *run.data.preprocessor);
    std::vector<double> losses;
    for (const auto& point : run.trainer().find_rate({}).points) losses.push_back(point.loss);
    return losses;
  };
  const auto usual = found(0.02);
  CHECK(usual == found(2.0));
  CHECK(usual == found(0.0002));
}
