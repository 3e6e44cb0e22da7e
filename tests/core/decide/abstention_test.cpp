// SPDX-License-Identifier: Apache-2.0
#include "core/decide/abstention.h"

#include <cmath>

#include "core/base/random.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;

// Ten rows: the surer, the oftener right.
const std::vector<double> kConfidence{0.95, 0.9, 0.85, 0.8, 0.8, 0.7, 0.65, 0.6, 0.55, 0.5};
const std::vector<std::uint8_t> kCorrect{1, 1, 1, 1, 0, 1, 1, 0, 1, 0};

std::string fault_of(const AbstainChoice& choice, ErrorKind kind) {
  const auto curve = risk_coverage_curve(kConfidence, kCorrect);
  const auto error = error_of([&] { choose_abstention(curve, choice); });
  REQUIRE(error);
  CHECK(error->kind() == kind);
  return error->what();
}

}  // namespace

TEST_CASE("the risk-coverage curve has a point per distinct confidence", "[decide]") {
  const auto curve = risk_coverage_curve(kConfidence, kCorrect);
  REQUIRE(curve.size() == 9);  // 0.8 stands twice
  CHECK(curve[3].bound == 0.8);
  CHECK(curve[3].coverage == Approx(0.5).epsilon(1e-15));
  CHECK(curve[3].risk == Approx(0.2).epsilon(1e-15));
  CHECK(curve.back().coverage == 1.0);
  CHECK(curve.back().risk == Approx(0.3).epsilon(1e-15));
}

TEST_CASE("the area under the curve is the mean risk", "[decide]") {
  const std::vector<double> confidence{0.9, 0.8, 0.7, 0.6};
  const std::vector<std::uint8_t> correct{1, 0, 1, 1};
  // Risks 0, 1/2, 1/3, 1/4 at a quarter each.
  CHECK(area_under_risk_coverage(risk_coverage_curve(confidence, correct)) ==
        Approx((0.5 + 1.0 / 3 + 0.25) / 4).epsilon(1e-14));
}

TEST_CASE("for an accuracy: as many rows as can be answered so well", "[decide]") {
  const auto curve = risk_coverage_curve(kConfidence, kCorrect);
  const auto chosen = choose_abstention(curve, AbstainForAccuracy{0.85});
  CHECK(chosen.bound == 0.65);  // 6 of 7 right, though 5 rows alone are worse
  CHECK(chosen.coverage == Approx(0.7).epsilon(1e-15));
  CHECK(chosen.risk == Approx(1.0 / 7).epsilon(1e-14));
  CHECK(chosen.chosen_by == "accuracy of at least 0.85");
  CHECK(choose_abstention(curve, AbstainForAccuracy{0.7}).coverage == 1.0);
}

TEST_CASE("for a coverage: the surest rows that are enough", "[decide]") {
  const auto curve = risk_coverage_curve(kConfidence, kCorrect);
  CHECK(choose_abstention(curve, AbstainForCoverage{0.6}).bound == 0.7);
  CHECK(choose_abstention(curve, AbstainForCoverage{0.4}).bound == 0.8);  // ties stay together
  CHECK(choose_abstention(curve, AbstainForCoverage{1.0}).bound == 0.5);
  CHECK(choose_abstention(curve, AbstainForCoverage{0.55}).chosen_by ==
        "coverage of at least 0.55");
}

TEST_CASE("a fixed bound tells what it does", "[decide]") {
  const auto chosen =
      choose_abstention(risk_coverage_curve(kConfidence, kCorrect), AbstainBelow{0.75});
  CHECK(chosen.bound == 0.75);
  CHECK(chosen.coverage == Approx(0.5).epsilon(1e-15));
  CHECK(chosen.chosen_by == "fixed");
  const auto none =
      choose_abstention(risk_coverage_curve(kConfidence, kCorrect), AbstainBelow{0.99});
  CHECK(none.coverage == 0.0);
}

TEST_CASE("an accuracy that is nowhere reached, and numbers out of range, are refused",
          "[decide]") {
  const std::vector<double> confidence{0.9, 0.8};
  const std::vector<std::uint8_t> correct{0, 1};
  const auto curve = risk_coverage_curve(confidence, correct);
  const auto error = error_of([&] { choose_abstention(curve, AbstainForAccuracy{0.9}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(
      error->what() ==
      std::string("calibration.abstain.accuracy: no bound gives an accuracy of 0.9 on the "
                  "calibration rows; the highest is 0.5, at 0.8, which answers 100 % of them; ask "
                  "for less"));
  CHECK(fault_of(AbstainForAccuracy{0.0}, ErrorKind::config) ==
        "calibration.abstain.accuracy: found 0; allowed: above 0, to 1");
  CHECK(fault_of(AbstainForCoverage{1.5}, ErrorKind::config) ==
        "calibration.abstain.coverage: found 1.5; allowed: above 0, to 1");
  CHECK(fault_of(AbstainBelow{-0.1}, ErrorKind::config) ==
        "calibration.abstain.probability: found -0.1; allowed: 0 to 1");
}

TEST_CASE("on the curve, a weight of two is the row twice, a weight of none is no row",
          "[decide]") {
  const auto weighted =
      risk_coverage_curve(std::vector<double>{0.9, 0.8, 0.7}, std::vector<std::uint8_t>{1, 0, 1},
                          std::vector<double>{2, 1, 0});
  const auto written =
      risk_coverage_curve(std::vector<double>{0.9, 0.9, 0.8}, std::vector<std::uint8_t>{1, 1, 0});
  REQUIRE(weighted.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    CHECK(weighted[i].coverage == Approx(written[i].coverage).epsilon(1e-15));
    CHECK(weighted[i].risk == Approx(written[i].risk).epsilon(1e-15));
  }
}

TEST_CASE("a bound for an accuracy holds on new rows of a calibrated model", "[decide]") {
  const auto draw = [](std::uint64_t seed, std::vector<double>& confidence,
                       std::vector<std::uint8_t>& correct) {
    const RandomStream stream(seed, "abstention");
    for (std::size_t i = 0; i < 20000; ++i) {
      confidence.push_back(0.5 + 0.5 * stream.uniform(2 * i));
      correct.push_back(stream.uniform(2 * i + 1) < confidence.back());
    }
  };
  std::vector<double> confidence, fresh;
  std::vector<std::uint8_t> correct, fresh_correct;
  draw(1, confidence, correct);
  draw(2, fresh, fresh_correct);
  const auto chosen =
      choose_abstention(risk_coverage_curve(confidence, correct), AbstainForAccuracy{0.9});
  CHECK(chosen.bound == Approx(0.8).margin(0.02));  // uniform above b: the mean is (b + 1) / 2
  const auto there =
      choose_abstention(risk_coverage_curve(fresh, fresh_correct), AbstainBelow{chosen.bound});
  CHECK(1 - there.risk == Approx(0.9).margin(0.01));
}

}  // namespace candor
