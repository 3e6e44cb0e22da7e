// SPDX-License-Identifier: Apache-2.0
// Quantile scaling: data.numeric.scale "quantile".
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"
#include "engine/preprocess/table_columns.h"
#include "engine/preprocess/tensor_stage.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// One numeric column, fitted on `values`.
TableStatistics fitted(const std::vector<float>& values) {
  ModelInputs training;
  training.rows = static_cast<std::int64_t>(values.size());
  training.numeric = values;
  TableData config;
  config.numeric.scale = Scale::quantile;
  return fit_table(test::table_columns(1), training, std::vector<double>(values.size(), 1.0), {},
                   {}, config);
}

std::vector<float> scaled(const TableStatistics& statistics, const std::vector<float>& values) {
  InputTensors inputs;
  inputs.numeric = torch::tensor(values).unsqueeze(1);
  inputs.categorical = torch::empty({inputs.numeric.size(0), 0}, torch::kInt64);
  const auto dense = make_table_stage(statistics)->forward(inputs).dense.select(1, 0).contiguous();
  const auto* first = dense.data_ptr<float>();
  return {first, first + dense.numel()};
}

// exp of a normal: a tail that a standard deviation cannot tame.
std::vector<float> heavy_tail(int count) {
  const RandomStream stream(1, "heavy");
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(
        static_cast<float>(std::exp(2.0 * stream.normal(static_cast<std::uint64_t>(i)))));
  }
  return values;
}

}  // namespace

TEST_CASE("a heavy tail becomes about normal", "[preprocess]") {
  const auto values = heavy_tail(5000);
  const auto z = scaled(fitted(values), values);
  double sum = 0.0, squares = 0.0;
  for (const auto v : z) {
    sum += v;
    squares += v * v;
  }
  const double n = static_cast<double>(z.size());
  CHECK(sum / n == Approx(0.0).margin(0.02));
  CHECK(std::sqrt(squares / n) == Approx(1.0).margin(0.03));
  // What was normal before the exponential is so again, between the ends that are cut off.
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double before = std::log(values[i]) / 2.0;
    if (std::abs(before) < 2.0) CHECK(z[i] == Approx(before).margin(0.12));
  }
}

TEST_CASE("larger values never get smaller scores, and extremes stay within the ends",
          "[preprocess]") {
  const auto statistics = fitted(heavy_tail(500));
  std::vector<float> rising;
  for (int i = -200; i <= 200; ++i) rising.push_back(std::sinh(static_cast<float>(i) / 10.0f));
  rising.insert(rising.end(), {1e30f, std::numeric_limits<float>::max()});
  const auto z = scaled(statistics, rising);
  CHECK(std::is_sorted(z.begin(), z.end()));
  CHECK(z.front() == Approx(-3.09).margin(0.01));  // the normal score of 0.1 %
  CHECK(z.back() == Approx(3.09).margin(0.01));
}

TEST_CASE("values that repeat get the middle of their ranks", "[preprocess]") {
  std::vector<float> values(60, 0.0f);
  values.insert(values.end(), 40, 5.0f);
  const auto z = scaled(fitted(values), {0.0f, 5.0f, kNaN});
  CHECK(z[0] == Approx(-0.524).margin(0.02));  // rank 0 to 0.6: the score of 0.3
  CHECK(z[1] == Approx(0.842).margin(0.03));   // rank 0.6 to 1: the score of 0.8
  CHECK(z[2] == z[0]);                         // imputed by the median
}

TEST_CASE("a constant column and a column of two rows do no harm", "[preprocess]") {
  for (const auto v : scaled(fitted({7.0f, 7.0f, 7.0f}), {6.0f, 7.0f, 8.0f})) {
    CHECK(v == Approx(0.0f).margin(1e-6));
  }
  for (const auto v : scaled(fitted({1.0f, 2.0f}), {0.0f, 1.0f, 1.5f, 2.0f, 9.0f})) {
    CHECK(std::isfinite(v));
  }
  CHECK(std::isfinite(scaled(fitted({kNaN, kNaN, 3.0f}), {kNaN})[0]));
}

TEST_CASE("knots are read back as they were written, and refused when they cannot be",
          "[preprocess]") {
  const auto statistics = fitted(heavy_tail(300));
  const auto json = make_table_stage(statistics)->to_json();
  const auto again = tensor_stage_from_json(json);
  CHECK(again->table()->knots == statistics.knots);
  CHECK(again->table()->scores == statistics.scores);
  const auto refusal = [](const Json& changed) {
    const auto error = test::error_of([&] { tensor_stage_from_json(changed); });
    return error ? std::string(error->what()) : std::string("taken");
  };
  auto falling = json;
  falling["knots"][0][0] = 1e9;
  CHECK(refusal(falling) == "preprocess.json: tensor stage: knots do not rise");
  auto fewer = json;
  fewer["scores"] = Json::array();
  CHECK(refusal(fewer) ==
        "preprocess.json: tensor stage: knots, scores and their columns differ in length");
}
