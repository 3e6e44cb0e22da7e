// SPDX-License-Identifier: Apache-2.0
#include "core/decide/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/json.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;
using test::made_rows;
using test::two_class;

Json golden() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/decide/calibration.json"));
}

CalibrationRows rows_of(const Json& json, std::size_t classes) {
  CalibrationRows rows;
  rows.classes = classes;
  rows.probabilities = json["probabilities"].get<std::vector<double>>();
  rows.labels = json["labels"].get<std::vector<std::int64_t>>();
  rows.weights = json["weights"].get<std::vector<double>>();
  return rows;
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double loss_at(CalibrationRows rows, double temperature) {
  calibrate(Calibration{Temperature{temperature}}, rows);
  return log_loss(rows);
}

}  // namespace

TEST_CASE("the temperature and its loss are SciPy's", "[decide]") {
  const auto json = golden();
  for (const auto& [name, classes] : {std::pair{"two", 2}, {"three", 3}}) {
    auto rows = rows_of(json[name], static_cast<std::size_t>(classes));
    const auto found = fit_temperature(rows);
    CHECK(found.value == Approx(json[name]["temperature"].get<double>()).epsilon(1e-6));
    CHECK(loss_at(rows, found.value) ==
          Approx(json[name]["log_loss"].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("logits that are too large by a factor get that factor as temperature", "[decide]") {
  const auto sureness = GENERATE(0.5, 1.0, 3.0);
  const auto classes = GENERATE(2u, 5u);
  const auto rows = made_rows(20000, classes, 1.5, sureness, 1);
  CHECK(fit_temperature(rows).value == Approx(sureness).epsilon(0.04));
}

TEST_CASE("no temperature near the fitted one has a lower loss", "[decide]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto rows = made_rows(40, 3, 2.0, 2.0, seed);
    const auto best = fit_temperature(rows).value;
    const auto loss = loss_at(rows, best);
    CHECK(loss <= loss_at(rows, best * 1.001) + 1e-15);
    CHECK(loss <= loss_at(rows, best / 1.001) + 1e-15);
    CHECK(loss <= loss_at(rows, 1.0) + 1e-15);
  }
}

TEST_CASE("rows that are all right, or where nothing is known, give a bound of the range",
          "[decide]") {
  CHECK(fit_temperature(two_class({0.9, 0.2}, {1, 0})).value == kLowestTemperature);
  CHECK(fit_temperature(two_class({0.9, 0.2}, {0, 1})).value == kHighestTemperature);
  CHECK(fit_temperature(two_class({0.5, 0.5}, {0, 1})).value == kHighestTemperature);
}

TEST_CASE("a temperature keeps the order of the classes and a sum of 1", "[decide]") {
  auto rows = made_rows(200, 4, 2.0, 1.0, 3);
  const auto before = rows;
  calibrate(Calibration{Temperature{2.5}}, rows);
  for (std::size_t i = 0; i < rows.count(); ++i) {
    CHECK(sum_of(rows.row(i)) == Approx(1.0).epsilon(1e-14));
    for (std::size_t a = 0; a < 4; ++a) {
      for (std::size_t b = 0; b < 4; ++b) {
        if (before.row(i)[a] > before.row(i)[b]) CHECK(rows.row(i)[a] > rows.row(i)[b]);
      }
    }
  }
}

TEST_CASE("a probability of 0 and one of 1 stay numbers", "[decide]") {
  std::vector<double> certain{0.0, 1.0, 0.0};
  calibrate(Calibration{Temperature{20.0}}, certain);
  CHECK(sum_of(certain) == Approx(1.0).epsilon(1e-14));
  CHECK(certain[0] > 0.0);
  const auto found = fit_temperature(two_class({1.0, 0.0, 1.0, 0.4}, {1, 0, 0, 1}));
  CHECK(std::isfinite(found.value));
}

TEST_CASE("isotonic values are scikit-learn's, within the margin of few rows", "[decide]") {
  const auto json = golden();
  const auto rows = rows_of(json["two"], 2);
  const auto isotonic = fit_isotonic(rows);
  REQUIRE(isotonic.curves.size() == 1);
  const auto squares =
      std::inner_product(rows.weights.begin(), rows.weights.end(), rows.weights.begin(), 0.0);
  const auto margin = 1.0 / (sum_of(rows.weights) * sum_of(rows.weights) / squares + 2.0);
  const auto grid = json["grid"].get<std::vector<double>>();
  const auto expected = json["isotonic"].get<std::vector<double>>();
  // Between the last point of one step and the first of the next both are linear; the margin moves
  // the ends of such a line.
  int compared = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    if (expected[i] < 0.25 || expected[i] > 0.9) {
      CHECK(isotonic.curves[0](grid[i]) >= margin);
      CHECK(isotonic.curves[0](grid[i]) <= 1.0 - margin);
      continue;
    }
    CHECK(isotonic.curves[0](grid[i]) == Approx(expected[i]).epsilon(1e-12));
    ++compared;
  }
  CHECK(compared > 15);
}

TEST_CASE("pooling: the example of the textbook", "[decide]") {
  // 1, 3, 2, 4, 3.5, 5 -> 1, 2.5, 2.5, 3.75, 3.75, 5
  const std::vector<double> x{1, 2, 3, 4, 5, 6}, y{1, 3, 2, 4, 3.5, 5};
  const auto curve = pool_adjacent_violators(x, y, {});
  const std::vector<double> expected{1, 2.5, 2.5, 3.75, 3.75, 5};
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(curve(x[i]) == expected[i]);
  CHECK(curve(0.0) == 1.0);
  CHECK(curve(9.0) == 5.0);
  CHECK(curve(1.5) == 1.75);
}

TEST_CASE("pooling: weights are repeats, and equal x are one", "[decide]") {
  const std::vector<double> x{1, 2, 3}, y{0, 1, 0}, weight{1, 3, 1};
  const std::vector<double> long_x{1, 2, 2, 2, 3}, long_y{0, 1, 1, 1, 0};
  const auto weighted = pool_adjacent_violators(x, y, weight);
  const auto written = pool_adjacent_violators(long_x, long_y, {});
  CHECK(weighted.x == written.x);
  CHECK(weighted.y == written.y);
  CHECK(weighted(2.5) == 0.75);
}

TEST_CASE("an isotonic curve never falls, and calibrates what it was fitted on", "[decide]") {
  auto rows = made_rows(5000, 2, 2.0, 3.0, 11);
  const auto before = log_loss(rows);
  const auto isotonic = fit_isotonic(rows);
  const auto& y = isotonic.curves[0].y;
  CHECK(std::is_sorted(y.begin(), y.end()));
  calibrate(isotonic, rows);
  CHECK(log_loss(rows) < before);
  double said = 0.0, positives = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    said += rows.positive(i);
    positives += static_cast<double>(rows.labels[i]);
  }
  CHECK(said / positives == Approx(1.0).epsilon(0.01));
}

TEST_CASE("isotonic of three classes: one curve each, sums of 1, a lower loss on new rows",
          "[decide]") {
  const auto isotonic = fit_isotonic(made_rows(6000, 3, 1.5, 3.0, 1));
  CHECK(isotonic.curves.size() == 3);
  auto fresh = made_rows(6000, 3, 1.5, 3.0, 2);
  const auto before = log_loss(fresh);
  calibrate(isotonic, fresh);
  for (std::size_t i = 0; i < fresh.count(); ++i) {
    CHECK(sum_of(fresh.row(i)) == Approx(1.0).epsilon(1e-12));
  }
  CHECK(log_loss(fresh) < before - 0.05);
}

TEST_CASE("calibration refuses rows that are none", "[decide]") {
  const auto fault = [](CalibrationRows rows) {
    const auto error = error_of([&] { fit_temperature(rows); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::data);
    return std::string(error->what());
  };
  const auto good = two_class({0.5, 0.25}, {0, 1});
  auto rows = good;
  rows.labels[1] = 2;
  CHECK(fault(rows) == "calibration row 1: found the class 2; allowed: 0 to 1");
  rows = good;
  rows.probabilities[3] = 0.5;
  CHECK(fault(rows) == "calibration row 1: the probabilities sum to 1.25; expected: 1");
  rows = good;
  rows.probabilities[2] = std::nan("");
  CHECK(fault(rows) == "calibration row 1: found the probability nan; allowed: 0 to 1");
  rows = good;
  rows.weights = {1.0, -1.0};
  CHECK(fault(rows) == "calibration row 1: found the weight -1; allowed: a number from 0");
  rows.weights = {0.0, 0.0};
  CHECK(fault(rows) == "calibration rows: every weight is 0; one at least must not be");
  rows.weights = {1.0};
  CHECK(fault(rows) == "calibration rows: 1 weights for 2 rows; 2 are expected");
  rows = two_class({}, {});
  CHECK(fault(rows) ==
        "calibration rows: there are none; give data.split.calibration a larger fraction");
}

}  // namespace candor
