// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/preprocessor.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "core/table/table.h"
#include "engine/preprocess/table_columns.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

const std::string kRows =
    "age,income,city,job,y\n"
    "31,1200.5,Oslo,baker,yes\n"
    "45,-1,N.Y.,?,no\n"
    ",1e3,Bergen,baker,yes\n"
    "-999,77,Oslo,clerk,no\n"
    "62,0.1,Oslo,smith,no\n";

TableData table_config() {
  TableData data;
  data.format.trim = true;
  data.format.missing = {"?", "-999"};
  data.columns["city"].values = {{"N.Y.", "New York"}};
  return data;
}

Preprocessor fit_table_rows(const TableData& data, const std::string& target = "y",
                            TaskType type = TaskType::classification) {
  const auto table = parse_table(kRows, "rows.csv", data);
  const std::vector<std::int64_t> rows = {0, 1, 2, 3, 4};
  TaskConfig task;
  task.type = type;
  task.target = target;
  auto stage = TableStage::fit(table, rows, task, data);
  std::vector<double> targets;
  if (type == TaskType::regression) targets = stage.targets(table, rows);
  const auto statistics = fit_table(stage.columns(), stage.apply_training(table, rows, data),
                                    stage.weights(table, rows), targets, task, data);
  return {std::move(stage), make_table_stage(statistics)};
}

Preprocessor embedding() {
  auto data = table_config();
  data.categorical.encoding = Encoding::embedding;
  return fit_table_rows(data);
}

Preprocessor one_hot() { return fit_table_rows(table_config()); }

Preprocessor quantile() {
  auto data = table_config();
  data.numeric.scale = Scale::quantile;
  return fit_table_rows(data);
}

std::shared_ptr<const Preprocessor> reread(const Preprocessor& preprocessor) {
  const auto* tokenizer = preprocessor.tokenizer();
  const auto tokens = tokenizer == nullptr ? Json() : Json::parse(tokenizer->to_json().dump());
  return Preprocessor::from_json(Json::parse(preprocessor.to_json().dump(2)), tokens);
}

// Equal bits, NaN included; both may be undefined.
bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() &&
         at::allclose(a, b, 0.0, 0.0, /*equal_nan=*/true);
}

Features features_of(const Preprocessor& preprocessor, const Row& row) {
  return preprocessor.stage()->forward(preprocessor.tensors(preprocessor.prepare(row)));
}

void check_same_outputs(const Preprocessor& a, const Preprocessor& b, const Row& row) {
  const auto left = features_of(a, row), right = features_of(b, row);
  CHECK(same(left.dense, right.dense));
  CHECK(same(left.indices, right.indices));
}

// The message for a file with this content.
std::string refusal(const Json& json, const Json& tokenizer = Json()) {
  const auto error = test::error_of([&] { Preprocessor::from_json(json, tokenizer); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  return error->what();
}

// The same stage with the first knots of each column only: a small file to change.
Json few_knots(Json json) {
  for (const char* key : {"knots", "scores"}) {
    for (auto& row : json["tensor"][key]) row.erase(row.begin() + 3, row.end());
  }
  return json;
}

Preprocessor image() {
  return {ImageHost{{"cat", "dog"}, 4}, make_image_stage({{0.5, 0.4, 0.3}, {0.1, 0.2, 0.3}})};
}

Preprocessor text() { return {TextHost{train_tokenizer({}, "hello"), 8}, make_text_stage()}; }

}  // namespace

TEST_CASE("a preprocessor that is saved and loaded gives equal outputs", "[preprocess]") {
  const std::vector<Row> rows = {
      {31.0, 1200.5, "Oslo", "baker"},
      {std::monostate{}, std::nan(""), std::monostate{}, std::monostate{}},
      {" -999.0", "1e3", " N.Y. ", "?"},
      {1e30, -1e-30, "Atlantis", 7.0},
  };
  const auto regression = fit_table_rows(table_config(), "income", TaskType::regression);
  const auto one = one_hot(), two = embedding(), three = quantile();
  for (const auto* preprocessor : {&one, &two, &three}) {
    const auto again = reread(*preprocessor);
    CHECK(again->to_json() == preprocessor->to_json());
    for (const auto& row : rows) check_same_outputs(*preprocessor, *again, row);
  }
  const auto again = reread(regression);
  CHECK(again->to_json() == regression.to_json());
  const auto targets = torch::tensor({1200.5, -1.0, 1e3}, torch::kFloat64);
  const auto standardised = regression.stage()->standardise(targets);
  CHECK(same(again->stage()->standardise(targets), standardised));
  CHECK(same(again->stage()->invert(standardised), regression.stage()->invert(standardised)));
}

TEST_CASE("preprocessing of images and texts survives its file", "[preprocess]") {
  Pixels pixels{2, 3, std::vector<std::uint8_t>(18, 77)};
  pixels.rgb[4] = 200;
  check_same_outputs(image(), *reread(image()), {pixels});
  check_same_outputs(text(), *reread(text()), {"hello he"});
  CHECK(reread(image())->to_json() == image().to_json());
  CHECK(reread(text())->to_json() == text().to_json());
}

TEST_CASE("two stages that are not of one model are refused", "[preprocess]") {
  auto json = one_hot().to_json();
  for (const char* key : {"impute", "mean", "scale"}) json["tensor"][key].erase(1);
  CHECK(refusal(json) ==
        "preprocess.json: the tensor stage has 1 numeric columns, the host stage 2");

  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::int64_t>>{{"one_hot_column", 2},
                                                         {"one_hot_column", -1},
                                                         {"one_hot_value", 99},
                                                         {"one_hot_value", -1}}) {
    json = one_hot().to_json();
    json["tensor"][key][0] = value;
    CHECK(refusal(json) == "preprocess.json: a one-hot feature is out of range");
  }
  json = one_hot().to_json();
  json["tensor"]["one_hot_column"].erase(0);
  CHECK(refusal(json) == "preprocess.json: tensor stage: one_hot lengths differ");

  for (const char* key : {"scale", "target_scale"}) {
    for (const double value : {0.0, -1.0}) {
      json = one_hot().to_json();
      (json["tensor"][key].is_array() ? json["tensor"][key][0] : json["tensor"][key]) = value;
      CHECK(refusal(json) == std::string("preprocess.json: tensor stage: ") + key +
                                 " holds a number that is not above 0, or too small for float32");
    }
  }
  json = one_hot().to_json();
  json["tensor"] = image().to_json()["tensor"];
  CHECK(refusal(json) == "preprocess.json: host stage and tensor stage differ in type");
}

TEST_CASE("stages of different kinds of data are refused together", "[preprocess]") {
  const auto tokenizer = text().tokenizer()->to_json();
  const Json all[] = {one_hot().to_json(), image().to_json(), text().to_json()};
  for (const auto& host : all) {
    for (const auto& tensor : all) {
      if (host == tensor) continue;
      auto json = host;
      json["tensor"] = tensor["tensor"];
      INFO(host["type"] << " with " << tensor["type"]);
      CHECK(refusal(json, tokenizer) ==
            "preprocess.json: host stage and tensor stage differ in type");
    }
  }
}

TEST_CASE("a statistic that is not a number is refused", "[preprocess]") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* key : {"impute", "mean", "scale"}) {
    auto json = one_hot().to_json();
    json["tensor"][key][0] = nan;
    CHECK(refusal(json) ==
          std::string("preprocess.json: tensor stage: ") + key + " holds a number beyond float32");
    // JSON writes it as null.
    CHECK(refusal(Json::parse(json.dump())) == std::string("preprocess.json: tensor stage: ") +
                                                   key + " holds something that is not a number");
  }
}

TEST_CASE("a statistic beyond float32 is refused", "[preprocess]") {
  for (const char* key : {"impute", "mean", "scale"}) {
    auto json = one_hot().to_json();
    json["tensor"][key][0] = 1e300;
    const auto error = test::error_of([&] { Preprocessor::from_json(json, Json()); });
    INFO(key);
    CHECK((error && error->kind() == ErrorKind::model));
  }
}

TEST_CASE("whatever one value of the file is replaced by, it is refused or it works",
          "[preprocess]") {
  const Row row = {31.0, 1200.5, "Oslo", "baker"};
  for (const auto& whole :
       {one_hot().to_json(), embedding().to_json(), few_knots(quantile().to_json())}) {
    const auto flat = whole.flatten();
    for (const auto& [pointer, value] : flat.items()) {
      for (const auto& other : {Json(nullptr), Json("x"), Json(-1), Json(1e300), Json(true),
                                Json::array(), Json::object(), Json(1ull << 63)}) {
        auto json = whole;
        json[Json::json_pointer(pointer)] = other;
        const auto error = test::error_of([&] {
          const auto preprocessor = Preprocessor::from_json(json, Json());
          features_of(*preprocessor, row);
          CHECK(model_shape(*preprocessor, TableData{}).dense_width >= 0);
        });
        INFO(pointer << " = " << other.dump());
        CHECK((!error || error->kind() == ErrorKind::model || error->kind() == ErrorKind::request));
      }
    }
  }
}

TEST_CASE("a file from which one key is gone is refused", "[preprocess]") {
  const auto refuses = [](const Json& json, const std::string& key) {
    const auto error = test::error_of([&] { Preprocessor::from_json(json, Json()); });
    INFO(key);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
  };
  const auto json = one_hot().to_json();
  for (const auto& [key, value] : json.items()) {
    auto less = json;
    less.erase(key);
    refuses(less, key);
  }
  for (const char* part : {"table", "tensor"}) {
    for (const auto& [key, value] : json[part].items()) {
      if (key == "embed" || key == "knots" || key == "scores" || key == "bins") continue;  // none
      if (key == "clip_columns") continue;  // files of before clipping have none
      auto less = json;
      less[part].erase(key);
      refuses(less, key);
    }
  }
}

TEST_CASE("a constant column keeps scale 1 whatever its value and weights", "[preprocess]") {
  // The mean of equal numbers under fractional weights is off by rounding, which is no spread.
  const RandomStream random(1, "test");
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    const auto draws = random.at(trial);
    const auto rows = static_cast<std::size_t>(2 + trial % 40);
    const auto value = static_cast<float>(std::exp(60.0 * draws.uniform(0) - 30.0));
    ModelInputs inputs;
    inputs.rows = static_cast<std::int64_t>(rows);
    inputs.numeric.assign(rows, trial % 2 == 0 ? value : -value);
    std::vector<double> weights;
    for (std::size_t i = 0; i < rows; ++i) weights.push_back(3.0 * draws.uniform(i + 1));
    TableData config;
    config.numeric.impute = trial % 3 == 0 ? Impute::mean : Impute::median;
    const auto statistics = fit_table(test::table_columns(1), inputs, weights, {}, {}, config);
    INFO(inputs.numeric[0]);
    REQUIRE(statistics.scale[0] == 1.0);
    REQUIRE(statistics.mean[0] == Approx(inputs.numeric[0]));
    REQUIRE(statistics.impute[0] == Approx(inputs.numeric[0]));
    // So a value that differs from the training rows' passes at its own size.
    InputTensors other;
    other.numeric = torch::full({1, 1}, inputs.numeric[0] + value);
    other.categorical = torch::empty({1, 0}, torch::kInt64);
    const auto dense = make_table_stage(statistics)->forward(other).dense.item<float>();
    REQUIRE(std::abs(dense) <= 2.01f * value);
  }
}

TEST_CASE("a target keeps its spread even where float32 would not", "[preprocess]") {
  // Seconds since 1970 within some minutes: targets are float64, and so are their statistics.
  ModelInputs inputs;
  inputs.rows = 4;
  inputs.numeric = {1, 2, 3, 4};
  const std::vector<double> targets = {1.7e9 - 100, 1.7e9 + 100, 1.7e9 - 100, 1.7e9 + 100};
  const auto statistics = fit_table(test::table_columns(1), inputs, {1, 1, 1, 1}, targets, {}, {});
  CHECK(statistics.target_mean == Approx(1.7e9));
  CHECK(statistics.target_scale == Approx(100.0));
}
