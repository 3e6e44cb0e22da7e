// SPDX-License-Identifier: Apache-2.0
// data.numeric: what the tensor stage makes of numbers, against scikit-learn and by properties.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/preprocess/table_columns.h"
#include "engine/preprocess/tensor_stage.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Json golden() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/preprocess/preprocess.json"));
}

ModelInputs column_of(const std::vector<float>& values) {
  ModelInputs inputs;
  inputs.rows = static_cast<std::int64_t>(values.size());
  inputs.numeric = values;
  return inputs;
}

InputTensors tensors_of(const std::vector<float>& values) {
  InputTensors inputs;
  inputs.numeric = torch::tensor(values).unsqueeze(1);
  inputs.categorical = torch::empty({inputs.numeric.size(0), 0}, torch::kInt64);
  return inputs;
}

TableStatistics fitted(const std::vector<float>& values, const NumericConfig& numeric,
                       const TableColumns& columns = test::table_columns(1)) {
  TableData data;
  data.numeric = numeric;
  return fit_table(columns, column_of(values), std::vector<double>(values.size(), 1.0), {}, {},
                   data);
}

Features features(const TableStatistics& statistics, const std::vector<float>& values) {
  const auto stage = make_table_stage(statistics);
  const auto again = tensor_stage_from_json(Json::parse(stage->to_json().dump()));
  const auto result = stage->forward(tensors_of(values));
  // What is saved and loaded computes the same bits.
  const auto other = again->forward(tensors_of(values));
  CHECK(result.dense.equal(other.dense));
  if (result.numbers.defined()) CHECK(result.numbers.equal(other.numbers));
  return result;
}

std::vector<float> scaled(const TableStatistics& statistics, const std::vector<float>& values) {
  const auto dense = features(statistics, values).dense.select(1, 0).contiguous();
  const auto* first = dense.data_ptr<float>();
  return {first, first + dense.numel()};
}

NumericConfig with(Scale scale, Transform transform = Transform::none) {
  NumericConfig numeric;
  numeric.scale = scale;
  numeric.transform = transform;
  return numeric;
}

NumericConfig encoded(NumberEncoding encoding) {
  auto numeric = with(Scale::none);
  numeric.encoding = encoding;
  numeric.bins = 8;
  return numeric;
}

void check_near(const std::vector<float>& found, const Json& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i] == Approx(expected[i].get<double>()).epsilon(2e-5).margin(1e-5));
  }
}

}  // namespace

TEST_CASE("scaled numbers are scikit-learn's", "[preprocess]") {
  const auto fixture = golden();
  for (const auto& column : fixture["numbers"]) {
    CAPTURE(column["name"].get<std::string>());
    const auto values = column["values"].get<std::vector<float>>();
    check_near(scaled(fitted(values, with(Scale::standard)), values), column["standard"]);
    check_near(scaled(fitted(values, with(Scale::robust)), values), column["robust"]);
    check_near(scaled(fitted(values, with(Scale::min_max)), values), column["min_max"]);
    check_near(scaled(fitted(values, with(Scale::none, Transform::power)), values),
               column["power"]);
    check_near(scaled(fitted(values, with(Scale::standard, Transform::power)), values),
               column["power_standard"]);
  }
}

TEST_CASE("a number becomes the shares of its bins as the paper's equation says", "[preprocess]") {
  const auto fixture = golden();
  for (const auto& column : fixture["numbers"]) {
    CAPTURE(column["name"].get<std::string>());
    const auto values = column["values"].get<std::vector<float>>();
    const auto& expected = column["piecewise_linear"];
    const auto statistics = fitted(values, encoded(NumberEncoding::piecewise_linear));
    const auto edges = expected["edges"].get<std::vector<double>>();
    REQUIRE(statistics.bins.size() == 1);
    REQUIRE(statistics.bins[0].size() == edges.size());
    for (std::size_t i = 0; i < edges.size(); ++i) {
      CHECK(statistics.bins[0][i] == Approx(edges[i]).epsilon(1e-6));
    }
    const auto dense = features(statistics, values).dense;
    REQUIRE(dense.size(1) == static_cast<std::int64_t>(edges.size()) - 1);
    REQUIRE(dense.size(1) == statistics.dense_width());
    for (std::int64_t row = 0; row < dense.size(0); ++row) {
      for (std::int64_t bin = 0; bin < dense.size(1); ++bin) {
        const auto share =
            expected["shares"][static_cast<std::size_t>(row)][static_cast<std::size_t>(bin)]
                .get<double>();
        CHECK(dense[row][bin].item<float>() == Approx(share).margin(2e-4));
      }
    }
  }
}

TEST_CASE("a signed logarithm keeps the sign and 0", "[preprocess]") {
  const auto values =
      scaled(fitted({-3, 0, 7}, with(Scale::none, Transform::log)), {-3.0f, 0.0f, 7.0f, -1e30f});
  CHECK(values[0] == Approx(-std::log(4.0)));
  CHECK(values[1] == 0.0f);
  CHECK(values[2] == Approx(std::log(8.0)));
  CHECK(values[3] == Approx(-std::log(1e30)));
}

TEST_CASE("extreme numbers stay finite under every transform and scale", "[preprocess]") {
  std::vector<float> values;
  for (int i = -20; i <= 20; ++i) values.push_back(static_cast<float>(i * i * i));
  const std::vector<float> extremes = {3e38f, -3e38f, 1e-38f, 0.0f, kNaN};
  for (const auto scale : {Scale::standard, Scale::robust, Scale::min_max, Scale::quantile}) {
    for (const auto transform : {Transform::none, Transform::log, Transform::power}) {
      const auto z = scaled(fitted(values, with(scale, transform)), extremes);
      for (const auto value : z) CHECK(std::isfinite(value));
      CHECK(z[0] >= z[3]);
      CHECK(z[3] >= z[1]);
    }
  }
}

TEST_CASE("a constant or mostly constant column does no harm", "[preprocess]") {
  for (const auto scale :
       {Scale::standard, Scale::robust, Scale::min_max, Scale::quantile, Scale::none}) {
    for (const auto transform : {Transform::none, Transform::log, Transform::power}) {
      for (const auto encoding : {NumberEncoding::none, NumberEncoding::piecewise_linear}) {
        auto numeric = with(scale, transform);
        numeric.encoding = encoding;
        for (const auto& values : {std::vector<float>{7, 7, 7}, std::vector<float>{kNaN, kNaN, 7},
                                   std::vector<float>{0, 0, 0, 0, 0, 0, 0, 0, 9}}) {
          const auto dense = features(fitted(values, numeric), {7.0f, kNaN, 8.0f}).dense;
          CHECK(dense.isfinite().all().item<bool>());
        }
      }
    }
  }
  // Robust scaling of a column whose middle half is one value falls back on its deviation.
  const auto mostly = fitted({0, 0, 0, 0, 0, 0, 0, 0, 9}, with(Scale::robust));
  CHECK(mostly.scale[0] == Approx(std::sqrt(9.0 - 1.0)));
}

TEST_CASE("what is missing is what the config puts in", "[preprocess]") {
  const std::vector<float> values = {1, 2, 9, kNaN};
  const auto imputed = [&](Impute impute, double offset = 0.0) {
    auto numeric = with(Scale::none);
    numeric.impute = impute;
    numeric.constant = 100.0;
    auto columns = test::table_columns(1);
    columns.numeric[0].offset = offset;
    return scaled(fitted(values, numeric, columns), {kNaN})[0];
  };
  CHECK(imputed(Impute::mean) == 4.0f);
  CHECK(imputed(Impute::median) == 2.0f);
  CHECK(imputed(Impute::zero) == 0.0f);
  CHECK(imputed(Impute::constant) == 100.0f);
  // Numbers come without what the host stage has subtracted.
  CHECK(imputed(Impute::zero, 30.0) == -30.0f);
  CHECK(imputed(Impute::constant, 30.0) == 70.0f);
  CHECK(imputed(Impute::median, 30.0) == 2.0f);
}

namespace {

TableStatistics clipped(const std::vector<float>& values, double reach,
                        const NumericConfig& numeric,
                        const TableColumns& columns = test::table_columns(1)) {
  TableData data;
  data.numeric = numeric;
  data.clean.clip_outliers = reach;
  return fit_table(columns, column_of(values), std::vector<double>(values.size(), 1.0), {}, {},
                   data);
}

}  // namespace

TEST_CASE("numbers far outside the quartiles become the bound", "[preprocess]") {
  // Quartiles 2 and 6.
  const std::vector<float> values = {0, 1, 2, 3, 4, 5, 6, 7, 1000, kNaN};
  auto numeric = with(Scale::none);
  numeric.impute = Impute::constant;
  numeric.constant = -500.0;
  const auto statistics = clipped(values, 1.5, numeric);
  CHECK(statistics.clip_columns == std::vector<std::int64_t>{0});
  CHECK(statistics.clip_low == std::vector<double>{-4.0});
  CHECK(statistics.clip_high == std::vector<double>{12.0});
  // What stands for a missing number is not clipped.
  CHECK(scaled(statistics, {-3e38f, -4.0f, 3.0f, 12.0f, 12.5f, 3e38f, kNaN}) ==
        std::vector<float>{-4, -4, 3, 12, 12, 12, -500});
  numeric.impute = Impute::mean;
  CHECK(scaled(clipped(values, 1.5, numeric), {kNaN})[0] == Approx((28.0 + 12.0) / 9.0));
  const auto to_quartiles = clipped(values, 0.0, numeric);
  CHECK(scaled(to_quartiles, {0.0f, 4.0f, 9.0f}) == std::vector<float>{2, 4, 6});
}

TEST_CASE("clipping twice is clipping once, and keeps the order", "[preprocess]") {
  std::vector<float> values;
  for (int i = -30; i <= 30; ++i) values.push_back(static_cast<float>(i * i * i));
  std::vector<float> rising = {-3e38f, -1e9f};
  rising.insert(rising.end(), values.begin(), values.end());
  rising.insert(rising.end(), {1e9f, 3e38f});
  for (const auto scale : {Scale::none, Scale::standard, Scale::robust, Scale::quantile}) {
    for (const auto transform : {Transform::none, Transform::log, Transform::power}) {
      for (const double reach : {0.0, 0.5, 3.0, 1e6}) {
        CAPTURE(reach);
        const auto statistics = clipped(values, reach, with(scale, transform));
        const auto z = scaled(statistics, rising);
        CHECK(std::is_sorted(z.begin(), z.end()));
        const auto once = scaled(clipped(values, reach, with(Scale::none)), rising);
        CHECK(scaled(statistics, once) == z);
        const auto& low = statistics.clip_low[0];
        CHECK(z[0] == scaled(statistics, {static_cast<float>(low)})[0]);
      }
    }
  }
  // So far away that nothing is: the same as none.
  CHECK(scaled(clipped(values, 1e6, with(Scale::standard)), values) ==
        scaled(fitted(values, with(Scale::standard)), values));
}

TEST_CASE("bounds count weights, and move with what the host stage subtracts", "[preprocess]") {
  TableData data;
  data.clean.clip_outliers = 1.0;
  data.numeric = with(Scale::none);
  const auto repeated = fit_table(test::table_columns(1), column_of({1, 2, 2, 2, 3, 9, 9}),
                                  std::vector<double>(7, 1.0), {}, {}, data);
  // Equal weights, whatever they are.
  const auto weighted = fit_table(test::table_columns(1), column_of({1, 2, 2, 2, 3, 9, 9}),
                                  std::vector<double>(7, 2.5), {}, {}, data);
  CHECK(weighted.clip_high == repeated.clip_high);
  const auto without = fit_table(test::table_columns(1), column_of({1, 2, 3, 4, 100}),
                                 {1, 1, 1, 1, 0}, {}, {}, data);
  CHECK(without.clip_high[0] == Approx(3.25 + 1.5));  // a weight of 0 counts nowhere
  auto moved = test::table_columns(1);
  moved.numeric[0].offset = 1e9;
  CHECK(clipped({1, 2, 3, 4, 100}, 2.0, with(Scale::none), moved).clip_high ==
        clipped({1, 2, 3, 4, 100}, 2.0, with(Scale::none)).clip_high);
}

TEST_CASE("columns whose middle half is one value, dates and cycles are not clipped",
          "[preprocess]") {
  CHECK(clipped({7, 7, 7, 7, 7, 7, 7, 900}, 3.0, with(Scale::none)).clip_columns.empty());
  CHECK(clipped({kNaN, kNaN}, 3.0, with(Scale::none)).clip_columns.empty());
  TableColumns columns;
  columns.numeric = {{"d.time", "d", SlotRole::derived, 0.0},
                     {"n", "n", SlotRole::number, 0.0},
                     {"d.sine", "d", SlotRole::cycle, 0.0}};
  TableData data;
  data.clean.clip_outliers = 1.0;
  ModelInputs inputs;
  inputs.rows = 4;
  inputs.numeric = {1, 1, 0.1f, 2, 2, 0.2f, 3, 3, 0.3f, 90, 90, 0.9f};
  const auto statistics = fit_table(columns, inputs, {1, 1, 1, 1}, {}, {}, data);
  CHECK(statistics.clip_columns == std::vector<std::int64_t>{1});
}

TEST_CASE("bounds that make no sense are refused, and files of before have none", "[preprocess]") {
  auto json = statistics_json(clipped({1, 2, 3, 4, 100}, 1.0, with(Scale::none)));
  const auto message = [&] {
    return std::string(test::error_of([&] { statistics_from_json(json, 2); })->what());
  };
  const std::string start = "preprocess.json: tensor stage: ";
  const auto good = json;
  json["clip_low"] = Json::array({100.0});
  CHECK(message() == start + "clip_low is above clip_high");
  json["clip_low"] = Json::array();
  CHECK(message() == start + "clip lengths differ");
  json = good;
  json["clip_columns"] = Json::array({1});
  CHECK(message() == start + "clip_columns is out of range, or does not rise");
  json = good;
  for (const auto* key : {"clip_columns", "clip_low", "clip_high"}) json.erase(key);
  CHECK(statistics_from_json(json, 2).clip_columns.empty());
}

TEST_CASE("a column's own settings override those of all", "[preprocess]") {
  TableData data;
  data.numeric = with(Scale::standard, Transform::log);
  data.columns["n1"].scale = Scale::min_max;
  data.columns["n1"].transform = Transform::none;
  data.columns["n1"].impute = Impute::zero;
  data.columns["n2"].scale = Scale::quantile;
  data.columns["n2"].transform = Transform::power;
  ModelInputs inputs;
  inputs.rows = 4;
  inputs.numeric = {1, 10, 5, 2, 20, 6, 3, 30, 7, 4, kNaN, 8};
  const auto statistics = fit_table(test::table_columns(3), inputs, {1, 1, 1, 1}, {}, {}, data);
  CHECK(statistics.log_columns == std::vector<std::int64_t>{0});
  CHECK(statistics.power_columns == std::vector<std::int64_t>{2});
  CHECK(statistics.quantile_columns == std::vector<std::int64_t>{2});
  CHECK(statistics.indicators == std::vector<std::int64_t>{1});
  InputTensors rows;
  rows.numeric = torch::tensor(inputs.numeric).view({4, 3});
  rows.categorical = torch::empty({4, 0}, torch::kInt64);
  const auto dense = make_table_stage(statistics)->forward(rows).dense;
  CHECK(dense.select(1, 1).allclose(torch::tensor({0.0f, 0.5f, 1.0f, -0.5f})));
  CHECK(dense.select(1, 0).mean().item<float>() == Approx(0.0f).margin(1e-5));
  CHECK(dense.select(1, 2).median().item<float>() < 0.0f);
  CHECK(dense.select(1, 3).equal(torch::tensor({0.0f, 0.0f, 0.0f, 1.0f})));
}

TEST_CASE("cycles pass as they are, and a date's gaps are told once", "[preprocess]") {
  TableColumns columns;
  columns.numeric = {{"d.time", "d", SlotRole::derived, 0.0},
                     {"d.year", "d", SlotRole::derived, 0.0},
                     {"d.year_sine", "d", SlotRole::cycle, 0.0}};
  TableData data;
  data.numeric.transform = Transform::power;
  data.numeric.impute = Impute::zero;
  data.numeric.encoding = NumberEncoding::piecewise_linear;
  data.numeric.bins = 2;
  ModelInputs inputs;
  inputs.rows = 3;
  inputs.numeric = {10, 2020, 0.5f, 20, 2022, -0.5f, kNaN, kNaN, kNaN};
  const auto statistics = fit_table(columns, inputs, {1, 1, 1}, {}, {}, data);
  CHECK(statistics.power_columns.empty());
  CHECK(statistics.impute == std::vector<double>{15, 2021, 0});  // no year 0
  CHECK(statistics.indicators == std::vector<std::int64_t>{0});
  CHECK(statistics.encoded_columns == std::vector<std::int64_t>{0, 1});
  InputTensors rows;
  rows.numeric = torch::tensor(inputs.numeric).view({3, 3});
  rows.categorical = torch::empty({3, 0}, torch::kInt64);
  const auto dense = make_table_stage(statistics)->forward(rows).dense;
  CHECK(dense.size(1) == statistics.dense_width());
  CHECK(dense.select(1, 0).equal(torch::tensor({0.5f, -0.5f, 0.0f})));
}

TEST_CASE("columns with fewer bins than others are told apart in one block", "[preprocess]") {
  TableData data;
  data.numeric = encoded(NumberEncoding::piecewise_linear);
  ModelInputs inputs;
  inputs.rows = 6;
  inputs.numeric = {1, 0, 2, 1, 3, 0, 4, 1, 5, 0, 6, 1};
  InputTensors rows;
  rows.numeric = torch::tensor(inputs.numeric).view({6, 2});
  rows.categorical = torch::empty({6, 0}, torch::kInt64);
  const auto flat = fit_table(test::table_columns(2), inputs, {1, 1, 1, 1, 1, 1}, {}, {}, data);
  const auto dense = make_table_stage(flat)->forward(rows).dense;
  CHECK(dense.size(1) == flat.dense_width());
  CHECK(dense.size(1) < 16);  // no bin that is always 0
  data.numeric.encoding_width = 4;
  const auto apart = fit_table(test::table_columns(2), inputs, {1, 1, 1, 1, 1, 1}, {}, {}, data);
  const auto result = make_table_stage(apart)->forward(rows);
  CHECK(result.dense.size(1) == 0);
  CHECK(result.numbers.sizes() == at::IntArrayRef{6, 2, apart.encoded_inputs()});
  const auto used = result.numbers.flatten(1).abs().sum(0).gt(0.0);
  CHECK(used.sum().item<std::int64_t>() == dense.size(1));
}

TEST_CASE("outside the bins the first and the last go on", "[preprocess]") {
  const auto statistics = fitted({0, 1, 2, 3, 4}, [] {
    auto numeric = encoded(NumberEncoding::piecewise_linear);
    numeric.bins = 2;
    return numeric;
  }());
  const auto dense = features(statistics, {-2.0f, 1.0f, 3.0f, 6.0f}).dense;
  CHECK(dense.allclose(torch::tensor({{-1.0f, 0.0f}, {0.5f, 0.0f}, {1.0f, 0.5f}, {1.0f, 2.0f}})));
}

TEST_CASE("periodic numbers go to the model one by one", "[preprocess]") {
  const auto statistics = fitted({1, 2, 3, kNaN}, [] {
    NumericConfig numeric;
    numeric.encoding = NumberEncoding::periodic;
    return numeric;
  }());
  const auto result = features(statistics, {1.0f, kNaN});
  CHECK(result.numbers.sizes() == at::IntArrayRef{2, 1, 1});
  CHECK(result.dense.equal(torch::tensor({{0.0f}, {1.0f}})));  // the indicator
}

TEST_CASE("a logarithmic target comes back in its own unit", "[preprocess]") {
  TaskConfig task;
  task.type = TaskType::regression;
  task.target_transform = TargetTransform::log;
  const std::vector<double> targets = {0.0, 9.0, 99.0, -0.5};
  const auto statistics =
      fit_table(test::table_columns(1), column_of({1, 2, 3, 4}), {1, 1, 1, 1}, targets, task, {});
  const auto stage = make_table_stage(statistics);
  const auto in_double = torch::tensor(targets, torch::kFloat64);
  const auto standardised = stage->standardise(in_double);
  CHECK(standardised.mean().item<float>() == Approx(0.0f).margin(1e-6));
  CHECK(stage->invert(standardised).to(torch::kFloat64).allclose(in_double, 1e-5, 1e-5));
  for (const auto target : targets) {
    const auto z = statistics.standardised(target);
    CHECK(statistics.in_target_unit(z) == Approx(target).margin(1e-12));
  }
  CHECK(std::isfinite(static_cast<float>(statistics.in_target_unit(1e6))));
  CHECK(stage->invert(torch::tensor({1e6f})).isfinite().item<bool>());
  const auto again = tensor_stage_from_json(stage->to_json());
  CHECK(again->invert(standardised).equal(stage->invert(standardised)));
}

TEST_CASE("the number behind a scaled value is found again", "[preprocess]") {
  const auto values = golden()["numbers"][1]["values"].get<std::vector<float>>();
  for (const auto scale : {Scale::standard, Scale::min_max, Scale::none}) {
    for (const auto transform : {Transform::none, Transform::log, Transform::power}) {
      const auto statistics = fitted(values, with(scale, transform));
      const auto z = scaled(statistics, values);
      for (std::size_t i = 0; i < 20; ++i) {
        CHECK(statistics.unscaled(0, z[i]) == Approx(values[i]).epsilon(1e-3).margin(1e-3));
      }
    }
  }
}
