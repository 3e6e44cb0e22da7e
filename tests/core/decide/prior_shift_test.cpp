// SPDX-License-Identifier: Apache-2.0
#include "core/decide/prior_shift.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;

// Classes are normal clouds of deviation 1 around points of a circle; probabilities are the true
// ones where classes come with the frequencies `training`, rows come with those of `actual`.
CalibrationRows clouds(std::size_t count, const std::vector<double>& training,
                       const std::vector<double>& actual, double radius, std::uint64_t seed) {
  const RandomStream stream(seed, "clouds");
  CalibrationRows rows;
  rows.classes = training.size();
  const auto angle = [&](std::size_t k) {
    return 2 * std::acos(-1.0) * static_cast<double>(k) / static_cast<double>(rows.classes);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    const auto label = test::draw(actual, own.uniform(1000));
    const auto at = angle(static_cast<std::size_t>(label));
    const auto x = radius * std::cos(at) + own.normal(0);
    const auto y = radius * std::sin(at) + own.normal(1);
    std::vector<double> logits;
    for (std::size_t k = 0; k < rows.classes; ++k) {
      logits.push_back(std::log(training[k]) +
                       radius * (x * std::cos(angle(k)) + y * std::sin(angle(k))));
    }
    test::softmax(logits);
    rows.labels.push_back(label);
    rows.probabilities.insert(rows.probabilities.end(), logits.begin(), logits.end());
  }
  return rows;
}

double accuracy(const CalibrationRows& rows) {
  double right = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const auto row = rows.row(i);
    right += std::max_element(row.begin(), row.end()) - row.begin() == rows.labels[i];
  }
  return right / static_cast<double>(rows.count());
}

const std::vector<double> kEven{0.5, 0.5};

}  // namespace

TEST_CASE("probabilities move by the ratio of the frequencies", "[decide]") {
  const PriorShift shift{{0.5, 0.5}, {0.9, 0.1}, "given"};
  std::vector<double> row{0.5, 0.5};
  adjust_priors(shift, row);
  CHECK(row[0] == Approx(0.9).epsilon(1e-14));
  row = {0.2, 0.8};
  adjust_priors(shift, row);
  CHECK(row[1] == Approx(0.08 / 0.26).epsilon(1e-14));
  // There and back.
  adjust_priors({{0.9, 0.1}, {0.5, 0.5}, ""}, row);
  CHECK(row[1] == Approx(0.8).epsilon(1e-14));
}

TEST_CASE("a class that never comes gets no probability, a row of nothing else stays", "[decide]") {
  const PriorShift shift{{0.4, 0.3, 0.3}, {0.0, 0.5, 0.5}, "given"};
  std::vector<double> row{0.6, 0.2, 0.2};
  adjust_priors(shift, row);
  CHECK(row == std::vector<double>{0.0, 0.5, 0.5});
  row = {1.0, 0.0, 0.0};
  adjust_priors(shift, row);
  CHECK(row == std::vector<double>{1.0, 0.0, 0.0});
}

TEST_CASE("frequencies are estimated within 0.02, and the accuracy does not fall", "[decide]") {
  struct Case {
    std::vector<double> training, actual;
  };
  const std::vector<Case> cases{{{0.5, 0.5}, {0.9, 0.1}},
                                {{0.8, 0.2}, {0.3, 0.7}},
                                {{0.5, 0.5}, {0.5, 0.5}},
                                {{0.2, 0.3, 0.5}, {0.6, 0.3, 0.1}},
                                {{0.25, 0.25, 0.25, 0.25}, {0.7, 0.1, 0.1, 0.1}}};
  for (std::uint64_t i = 0; i < cases.size(); ++i) {
    const auto& [training, actual] = cases[i];
    const auto rows = clouds(10000, training, actual, 2.0, i);
    const auto estimate = estimate_priors(rows.probabilities, training,
                                          {.confidence = 0.95, .resamples = 0, .seed = 0});
    CHECK(estimate.converged);
    CHECK(std::accumulate(estimate.priors.begin(), estimate.priors.end(), 0.0) ==
          Approx(1.0).epsilon(1e-12));
    for (std::size_t k = 0; k < actual.size(); ++k) {
      CHECK(std::abs(estimate.priors[k] - actual[k]) <= 0.02);
    }
    auto moved = rows;
    for (std::size_t row = 0; row < moved.count(); ++row) {
      adjust_priors({training, estimate.priors, "estimated"}, moved.row(row));
    }
    const auto none = actual == training ? 0.001 : 0.0;  // without a shift nothing can be gained
    CHECK(accuracy(moved) >= accuracy(rows) - none);
  }
}

TEST_CASE("where classes can be told apart, moving pays", "[decide]") {
  const auto rows = clouds(20000, kEven, {0.95, 0.05}, 1.0, 9);
  auto moved = rows;
  const auto estimate = estimate_priors(rows.probabilities, kEven);
  for (std::size_t i = 0; i < moved.count(); ++i) {
    adjust_priors({kEven, estimate.priors, "estimated"}, moved.row(i));
  }
  CHECK(accuracy(moved) > accuracy(rows) + 0.05);
}

TEST_CASE("the interval holds the true frequency as often as it says", "[decide]") {
  int held = 0;
  double width = 0.0;
  constexpr int kRuns = 200;
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    const auto rows = clouds(300, kEven, {0.7, 0.3}, 1.5, 100 + run);
    const auto estimate = estimate_priors(rows.probabilities, kEven,
                                          {.confidence = 0.95, .resamples = 100, .seed = run});
    CHECK(estimate.low[1] <= estimate.priors[1]);
    CHECK(estimate.priors[1] <= estimate.high[1]);
    held += estimate.low[1] <= 0.3 && 0.3 <= estimate.high[1];
    width += estimate.high[1] - estimate.low[1];
  }
  // 95 % within three standard errors of 200 runs, and what 100 resamples lack.
  CHECK(held >= 179);
  CHECK(held <= 199);
  CHECK(width / kRuns < 0.15);
}

TEST_CASE("the estimate is the maximum of the likelihood", "[decide]") {
  const auto rows = clouds(400, {0.6, 0.4}, {0.3, 0.7}, 1.0, 4);
  const auto estimate =
      estimate_priors(rows.probabilities, std::vector<double>{0.6, 0.4}, {.resamples = 0});
  const auto likelihood = [&](double positive) {
    double sum = 0.0;
    for (std::size_t i = 0; i < rows.count(); ++i) {
      sum += std::log(rows.row(i)[0] / 0.6 * (1 - positive) + rows.row(i)[1] / 0.4 * positive);
    }
    return sum;
  };
  const auto best = likelihood(estimate.priors[1]);
  for (int i = 1; i < 1000; ++i) CHECK(likelihood(i / 1000.0) <= best + 1e-9);
}

TEST_CASE("the same rows and seed give the same interval", "[decide]") {
  const auto rows = clouds(200, kEven, {0.7, 0.3}, 1.5, 1);
  const auto a = estimate_priors(rows.probabilities, kEven, {.seed = 3});
  const auto b = estimate_priors(rows.probabilities, kEven, {.seed = 3});
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(estimate_priors(rows.probabilities, kEven, {.seed = 4}).low != a.low);
}

TEST_CASE("frequencies that are none are refused", "[decide]") {
  const auto fault = [](const PriorShift& shift) {
    const auto error = error_of([&] { check_prior_shift(shift, 2); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::config);
    return std::string(error->what());
  };
  CHECK(fault({{0.5, 0.5, 0.0}, kEven, ""}) ==
        "priors.training: found 3 numbers; expected: 2, one per class");
  CHECK(fault({{1.0, 0.0}, kEven, ""}) == "priors.training: found 0; allowed: above 0, to 1");
  CHECK(fault({kEven, {-0.5, 1.5}, ""}) == "priors.target: found -0.5; allowed: 0 to 1");
  CHECK(fault({kEven, {0.5, 0.4}, ""}) == "priors.target: the sum is 0.9; expected: 1");
  const auto none = error_of([] { estimate_priors({}, kEven); });
  REQUIRE(none);
  CHECK(none->what() ==
        std::string("rows for the class frequencies: found 0 probabilities; expected: "
                    "2 for each row, of one row at least"));
  const auto bad = error_of([] { estimate_priors(std::vector<double>{0.5, 0.7}, kEven); });
  REQUIRE(bad);
  CHECK(bad->kind() == ErrorKind::data);
  CHECK(bad->what() == std::string("row 0: the probabilities sum to 1.2; expected: 1"));
}

}  // namespace candor
