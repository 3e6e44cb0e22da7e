// SPDX-License-Identifier: Apache-2.0
#include "core/table/yeo_johnson.h"

#include <cmath>
#include <vector>

#include "core/base/json.h"
#include "core/base/random.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

Json golden() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/preprocess/preprocess.json"));
}

std::vector<double> ones(std::size_t count) { return std::vector<double>(count, 1.0); }

}  // namespace

TEST_CASE("powers and transformed values are scikit-learn's within 1e-6", "[table]") {
  const auto fixture = golden();
  for (const auto& column : fixture["numbers"]) {
    CAPTURE(column["name"].get<std::string>());
    const auto values = column["values"].get<std::vector<double>>();
    const auto lambda = fit_yeo_johnson(values, ones(values.size()));
    CHECK(lambda == Approx(column["power_lambda"].get<double>()).margin(1e-6));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto expected = column["power"][i].get<double>();
      CHECK(yeo_johnson(values[i], lambda) == Approx(expected).epsilon(2e-6).margin(1e-6));
    }
  }
}

TEST_CASE("power 1 changes nothing, and the way back leads to where it began", "[table]") {
  for (const double x : {-1e6, -3.0, -0.1, 0.0, 1e-9, 0.5, 7.0, 1e6}) {
    CHECK(yeo_johnson(x, 1.0) == Approx(x).epsilon(1e-12));
    CHECK(inverse_signed_log(signed_log(x)) == Approx(x).epsilon(1e-12));
    for (const double lambda : {-0.5, 0.0, 0.3, 1.0, 2.0, 2.5}) {
      CAPTURE(x, lambda);
      const auto y = yeo_johnson(x, lambda);
      // Where the curve is flat the way back has few digits.
      if (std::abs(x) < 100.0) CHECK(inverse_yeo_johnson(y, lambda) == Approx(x).epsilon(1e-6));
    }
  }
  CHECK(yeo_johnson(3.0, 0.0) == Approx(std::log(4.0)));
  CHECK(yeo_johnson(-3.0, 2.0) == Approx(-std::log(4.0)));
}

TEST_CASE("a weight counts a value that many times in the fitted power", "[table]") {
  const RandomStream stream(1, "power");
  std::vector<double> values, weights, repeated;
  for (std::uint64_t i = 0; i < 80; ++i) {
    values.push_back(std::exp(stream.normal(i)));
    weights.push_back(static_cast<double>(i % 3));
    for (std::uint64_t copy = 0; copy < i % 3; ++copy) repeated.push_back(values.back());
  }
  CHECK(fit_yeo_johnson(values, weights) ==
        Approx(fit_yeo_johnson(repeated, ones(repeated.size()))).margin(1e-7));
}

TEST_CASE("values without spread keep power 1", "[table]") {
  CHECK(fit_yeo_johnson({}, {}) == 1.0);
  CHECK(fit_yeo_johnson({5.0, 5.0, 5.0}, ones(3)) == 1.0);
}
