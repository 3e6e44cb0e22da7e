// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "core/metrics/report.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

Scored regression(std::vector<double> target, std::vector<double> value) {
  Scored scored;
  scored.kind = OutputKind::regression;
  scored.target_value = std::move(target);
  scored.value = std::move(value);
  return scored;
}

// Truth and truth plus standard normal noise.
Scored noisy(std::size_t rows, std::uint64_t seed) {
  const RandomStream stream(seed, "rows");
  std::vector<double> target, value;
  for (std::size_t i = 0; i < rows; ++i) {
    target.push_back(3.0 * stream.normal(i));
    value.push_back(target.back() + stream.normal(i + rows));
  }
  return regression(std::move(target), std::move(value));
}

const Metric& metric_of(const Report& report, const std::string& name) {
  const auto* metric = report.find(name);
  REQUIRE(metric != nullptr);
  return *metric;
}

}  // namespace

TEST_CASE("regression metrics equal scikit-learn's", "[metrics]") {
  const auto fixtures =
      Json::parse(test::slurp(test::source_dir() + "/tests/golden/metrics/regression.json"));
  for (const auto& fixture : fixtures) {
    INFO(fixture["name"].get<std::string>());
    auto scored = regression(fixture["target"].get<std::vector<double>>(),
                             fixture["value"].get<std::vector<double>>());
    if (fixture.contains("weight")) scored.weight = fixture["weight"].get<std::vector<double>>();
    const auto report = make_report(scored, EvaluateConfig{});
    CHECK(report.metrics.size() == fixture["expected"].size());
    for (const auto& [name, expected] : fixture["expected"].items()) {
      const auto& metric = metric_of(report, name);
      CHECK(*metric.value == Approx(expected.get<double>()).margin(1e-9).epsilon(0));
      CHECK(*metric.low < *metric.value);
      CHECK(*metric.value < *metric.high);
      // Few rows of uneven weight may be too few to tell their own error.
      const bool fallen_back = !scored.weight.empty() && metric.method == "linearisation";
      CHECK((metric.method == "studentised bootstrap" || fallen_back));
    }
  }
}

TEST_CASE("one row that makes all of an error does not make its interval endless", "[metrics]") {
  const RandomStream stream(8, "outlier");
  std::vector<double> target, value;
  for (std::size_t i = 0; i < 200; ++i) {
    target.push_back(20.0 + stream.normal(i));
    value.push_back(target[i] + (i == 0 ? 1e6 : stream.normal(i + 200)));
  }
  const auto report = make_report(regression(target, value), EvaluateConfig{});
  for (const auto* name : {"rmse", "mae", "mape"}) {
    INFO(name);
    const auto& metric = metric_of(report, name);
    REQUIRE(metric.high);
    CHECK(*metric.high > *metric.value);
    CHECK(*metric.high < 100.0 * *metric.value);
  }
  CHECK(*metric_of(report, "r2").low > 1e3 * *metric_of(report, "r2").value);
}

TEST_CASE("equal errors have no spread, whatever rounding leaves of them", "[metrics]") {
  std::vector<double> target, value;
  for (int i = 0; i < 300; ++i) {
    target.push_back(i % 2);
    value.push_back(i % 2 == 0 ? 0.3 : 0.7);
  }
  const auto report = make_report(regression(target, value), EvaluateConfig{});
  CHECK(metric_of(report, "rmse").method == "none");
  CHECK(metric_of(report, "mae").method == "none");
  CHECK(metric_of(report, "r2").method == "none");
}

TEST_CASE("the bootstrap interval of RMSE holds the truth about as often as it says", "[metrics]") {
  int held = 0;
  constexpr int kRepeats = 300;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto report = make_report(noisy(120, repeat), EvaluateConfig{});
    const auto& rmse = metric_of(report, "rmse");
    held += *rmse.low <= 1.0 && 1.0 <= *rmse.high;
  }
  CHECK(held > 0.88 * kRepeats);
  CHECK(held < 0.99 * kRepeats);
}

TEST_CASE("weights that are all alike change no interval, and one heavy row is no error",
          "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  const RandomStream stream(5, "alike");
  for (std::uint64_t i = 0; i < 300; ++i) {
    scored.target_value.push_back(5.0 + stream.normal(2 * i));
    scored.value.push_back(scored.target_value.back() + stream.normal(2 * i + 1));
    scored.groups["g"].push_back(i % 2 == 0 ? "a" : "b");
  }
  const auto plain = make_report(scored, EvaluateConfig{});
  scored.weight.assign(300, 0.01);
  const auto alike = make_report(scored, EvaluateConfig{});
  for (const auto& metric : plain.metrics) {
    INFO(metric.name);
    CHECK(alike.find(metric.name)->low == metric.low);
    CHECK(alike.find(metric.name)->high == metric.high);
  }
  for (const auto heavy : {1e5, 1e12, 1e30}) {
    scored.weight[3] = heavy;
    CHECK_NOTHROW(make_report(scored, EvaluateConfig{}));
  }
}

TEST_CASE("an interval is wider the more confidence is asked for", "[metrics]") {
  EvaluateConfig half;
  half.confidence = 0.5;
  const auto scored = noisy(200, 1);
  const auto wide = make_report(scored, EvaluateConfig{});
  const auto narrow = make_report(scored, half);
  for (const auto* name : {"rmse", "mae", "r2"}) {
    const auto width = [&](const Report& report) {
      return *metric_of(report, name).high - *metric_of(report, name).low;
    };
    CHECK(width(wide) > 2.0 * width(narrow));
  }
}

TEST_CASE("targets that are all equal leave R2 undefined and say so", "[metrics]") {
  const auto report = make_report(regression({0.1, 0.1, 0.1}, {0.2, 0.1, 0.4}), EvaluateConfig{});
  CHECK_FALSE(metric_of(report, "r2").value);
  CHECK(metric_of(report, "r2").reason == "all targets are equal");
  CHECK(*metric_of(report, "mae").value == Approx(0.4 / 3));
}

TEST_CASE("a perfect prediction has no spread to make an interval of", "[metrics]") {
  const auto report = make_report(regression({1, 2, 4}, {1, 2, 4}), EvaluateConfig{});
  CHECK(*metric_of(report, "rmse").value == 0.0);
  CHECK(*metric_of(report, "r2").value == 1.0);
  CHECK(metric_of(report, "rmse").method == "none");
  CHECK_FALSE(metric_of(report, "rmse").low);
}

TEST_CASE("a target of zero leaves the relative error undefined and says so", "[metrics]") {
  const auto report = make_report(regression({0, 2, 4}, {1, 2, 5}), EvaluateConfig{});
  CHECK_FALSE(metric_of(report, "mape").value);
  CHECK(metric_of(report, "mape").reason == "a target is zero");
  CHECK(*metric_of(report, "pinball").value == Approx(1.0 / 3));
}

TEST_CASE("one row and no row are reported as what they are", "[metrics]") {
  const auto one = make_report(regression({3}, {5}), EvaluateConfig{});
  CHECK(*metric_of(one, "rmse").value == 2.0);
  CHECK(metric_of(one, "rmse").method == "none");
  CHECK(metric_of(one, "r2").reason == "all targets are equal");
  const auto none = make_report(regression({}, {}), EvaluateConfig{});
  for (const auto& metric : none.metrics) CHECK(metric.reason == "no rows");
}

TEST_CASE("without intervals only values are computed", "[metrics]") {
  const auto report = make_report(noisy(50, 1), EvaluateConfig{}, false);
  for (const auto& metric : report.metrics) {
    CHECK(metric.value);
    CHECK_FALSE(metric.low);
    CHECK(metric.method.empty());
  }
}

TEST_CASE("a prediction that is not finite ends the evaluation", "[metrics]") {
  const auto scored = regression({1, 2}, {1, std::numeric_limits<double>::infinity()});
  const auto error = test::error_of([&] { make_report(scored, EvaluateConfig{}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(
      std::string(error->what()) ==
      "cannot evaluate: the prediction of row 1 is not a finite number; the model has diverged or "
      "its input is out of range");
}

TEST_CASE("numbers whose powers overflow have the values and intervals of small ones",
          "[metrics]") {
  const auto report_of = [](double size) {
    Scored scored;
    scored.kind = OutputKind::regression;
    for (int i = 0; i < 60; ++i) {
      scored.target_value.push_back(size * (1.0 + 0.01 * i));
      scored.value.push_back(size * (1.0 + 0.01 * ((i * 7) % 60)));
    }
    return make_report(scored, EvaluateConfig{});
  };
  const auto plain = report_of(1.0);
  for (const double size : {1e-300, 1e-150, 1e80, 1e150, 1e200, 1e300}) {
    const auto report = report_of(size);
    for (const auto& metric : plain.metrics) {
      INFO(metric.name << " " << size);
      const auto unit = metric.name == "r2" || metric.name == "mape" ? 1.0 : size;
      const auto& other = metric_of(report, metric.name);
      REQUIRE(other.value);
      CHECK(*other.value / unit == Approx(*metric.value));
      REQUIRE(other.low);
      CHECK(*other.low / unit == Approx(*metric.low));
      CHECK(*other.high / unit == Approx(*metric.high));
      CHECK(other.method == metric.method);
    }
  }
}

TEST_CASE("an error beyond all targets says that it is too large", "[metrics]") {
  const auto report =
      make_report(regression({1, 2, 3, 4, 5, 6}, {1, 2, 3, 1e300, 5, 6}), EvaluateConfig{});
  CHECK(metric_of(report, "r2").reason == "too large for a number");
  CHECK(*metric_of(report, "mae").value == Approx(1e300 / 6));
}

TEST_CASE("a few heavy rows leave no regression metric an interval", "[metrics]") {
  auto scored = noisy(20, 3);
  scored.weight.assign(20, 1.0);
  scored.weight[2] = 1e4;
  const auto report = make_report(scored, EvaluateConfig{});
  for (const auto& metric : report.metrics) {
    INFO(metric.name);
    CHECK(metric.value);
    CHECK_FALSE(metric.low);
    CHECK(metric.reason == "a few rows have most of the weight");
  }
}
