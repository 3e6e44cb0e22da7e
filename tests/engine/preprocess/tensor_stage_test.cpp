// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/tensor_stage.h"

#include <torch/torch.h>

#include <limits>

#include "engine/preprocess/table_columns.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// Two numeric columns (the first with a gap) and one categorical column with three indices in use.
ModelInputs small_table() {
  ModelInputs inputs;
  inputs.rows = 4;
  inputs.numeric = {1.0f, 10.0f, 3.0f, 10.0f, kMissing, 10.0f, 5.0f, 10.0f};
  inputs.categorical = {2, 3, 2, 0};
  return inputs;
}

const InputWidths kWidths{.table = true, .numeric = 2, .categorical = 1};
const TableColumns kColumns = test::table_columns(2, {5});

TableStatistics small_statistics(const TableData& config = {}) {
  return fit_table(kColumns, small_table(), {1, 1, 1, 1}, {}, {}, config);
}

}  // namespace

TEST_CASE("statistics are those of the values that are there", "[preprocess]") {
  const auto statistics = small_statistics();
  CHECK(statistics.impute == std::vector<double>{3.0, 10.0});
  CHECK(statistics.mean == std::vector<double>{3.0, 10.0});
  CHECK(statistics.scale[0] == Approx(std::sqrt(8.0 / 3.0)));
  CHECK(statistics.scale[1] == 1.0);  // constant column
  CHECK(statistics.indicators == std::vector<std::int64_t>{0});
}

TEST_CASE("one-hot features exist only for indices of the training rows", "[preprocess]") {
  const auto statistics = small_statistics();
  CHECK(statistics.one_hot_column == std::vector<std::int64_t>{0, 0, 0});
  CHECK(statistics.one_hot_value == std::vector<std::int64_t>{0, 2, 3});
  CHECK(statistics.dense_width() == 2 + 1 + 3);
}

TEST_CASE("a row becomes scaled numbers, indicators and one-hot features", "[preprocess]") {
  const auto stage = make_table_stage(small_statistics());
  const auto features = stage->forward(to_tensors(small_table(), kWidths));
  const float deviation = std::sqrt(8.0f / 3.0f);
  const auto expected = torch::tensor({{-2.0f / deviation, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f},
                                       {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 1.0f},
                                       {0.0f, 0.0f, 1.0f, 0.0f, 1.0f, 0.0f},
                                       {2.0f / deviation, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f}});
  CHECK(features.dense.allclose(expected, 1e-6, 1e-6));
  CHECK_FALSE(features.indices.defined());
}

TEST_CASE("an unknown category is all zeros", "[preprocess]") {
  const auto stage = make_table_stage(small_statistics());
  auto inputs = small_table();
  inputs.categorical = {1, 1, 1, 4};
  const auto dense = stage->forward(to_tensors(inputs, kWidths)).dense;
  CHECK(dense.slice(1, 3).abs().sum().item<float>() == 0.0f);
}

TEST_CASE("embedded columns pass on as indices", "[preprocess]") {
  TableData config;
  config.categorical.encoding = Encoding::embedding;
  const auto stage = make_table_stage(small_statistics(config));
  const auto features = stage->forward(to_tensors(small_table(), kWidths));
  CHECK(features.dense.size(1) == 3);
  CHECK(features.indices.flatten().equal(torch::tensor({2, 3, 2, 0}, torch::kInt64)));
}

TEST_CASE("imputation and scaling follow the config", "[preprocess]") {
  TableData config;
  config.numeric.impute = Impute::zero;
  config.numeric.scale = Scale::none;
  config.numeric.indicator = false;
  const auto stage = make_table_stage(small_statistics(config));
  const auto dense = stage->forward(to_tensors(small_table(), kWidths)).dense;
  CHECK(dense.slice(1, 0, 1).flatten().equal(torch::tensor({1.0f, 3.0f, 0.0f, 5.0f})));
}

TEST_CASE("weights move the mean", "[preprocess]") {
  const auto statistics = fit_table(kColumns, small_table(), {1, 1, 1, 3}, {}, {}, {});
  CHECK(statistics.mean[0] == Approx((1.0 + 3.0 + 15.0) / 5.0));
}

TEST_CASE("a regression target comes back in its own unit", "[preprocess]") {
  const auto statistics =
      fit_table(kColumns, small_table(), {1, 1, 1, 1}, {100, 200, 300, 400}, {}, {});
  const auto stage = make_table_stage(statistics);
  const auto target = torch::tensor({150.0f, 420.0f});
  CHECK(stage->invert(stage->standardise(target)).allclose(target));
  CHECK(stage->standardise(torch::tensor({250.0f})).item<float>() == Approx(0.0f).margin(1e-6));
}

TEST_CASE("a stage that is saved and loaded computes the same bits", "[preprocess]") {
  const auto stage = make_table_stage(
      fit_table(kColumns, small_table(), {1, 1, 1, 1}, {0.1, 0.7, 1.3, 2.9}, {}, {}));
  const auto again = tensor_stage_from_json(Json::parse(stage->to_json().dump()));
  const auto inputs = to_tensors(small_table(), kWidths);
  CHECK(stage->forward(inputs).dense.equal(again->forward(inputs).dense));
  const auto output = torch::rand({4, 1});
  CHECK(stage->invert(output).equal(again->invert(output)));
}

TEST_CASE("images are scaled per channel", "[preprocess]") {
  const auto stage = make_image_stage({{0.5, 0.25, 0.0}, {0.5, 0.25, 1.0}});
  InputTensors inputs;
  inputs.image = torch::full({1, 3, 2, 2}, 255, torch::kUInt8);
  const auto dense = stage->forward(inputs).dense;
  CHECK(dense[0][0][0][0].item<float>() == Approx(1.0f));
  CHECK(dense[0][1][0][0].item<float>() == Approx(3.0f));
  CHECK(dense[0][2][0][0].item<float>() == Approx(1.0f));
}

TEST_CASE("a damaged stage is refused with the reason", "[preprocess]") {
  const auto text_of = [](const Json& json) {
    return std::string(test::error_of([&] { tensor_stage_from_json(json); })->what());
  };
  auto json = make_table_stage(small_statistics())->to_json();
  json["indicators"] = {7};
  CHECK(text_of(json) == "preprocess.json: tensor stage: an indicator is out of range");
  json.erase("mean");
  CHECK(text_of(json) == "preprocess.json: tensor stage: mean is missing");
  CHECK(text_of(Json{{"type", "sound"}}) ==
        "preprocess.json: tensor stage: type is missing or unknown; allowed: table, image, text");
}
