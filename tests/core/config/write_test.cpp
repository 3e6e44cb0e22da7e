// SPDX-License-Identifier: Apache-2.0
// What is written reads back the same; schema, reference and ready configs agree with the reader.
#include <algorithm>
#include <filesystem>

#include "config_text.h"
#include "core/base/random.h"
#include "core/config/metric_list.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

void check_round_trip(const RunConfig& config) {
  const auto text = write_config(config);
  const auto again = config_from_json(Json::parse(text), "written");
  CHECK(write_config(again) == text);
  CHECK(config_differences(config, again).empty());
}

// Some valid value for each drawn field, so that every digit has to survive.
Json drawn_config(std::uint64_t seed) {
  const RandomStream draw(seed, "config");
  auto json = seed % 3 == 0 ? table_config() : seed % 3 == 1 ? text_config() : images_config();
  json["seed"] = draw.bits(0);
  json["data"]["split"]["seed"] = draw.bits(1);
  json["train"]["optimizer"] = {{"type", "adamw"},
                                {"learning_rate", draw.uniform(2) + 1e-9},
                                {"beta2", draw.uniform(3)},
                                {"eps", 1e-12 + 1e-5 * draw.uniform(4)}};
  json["train"]["batch_size"] = 1 + draw.below(5, 1000);
  json["model"]["width"] = 8 * (1 + draw.below(6, 100));
  if (seed % 3 == 0) json["model"].erase("width");
  if (draw.below(7, 2) == 0) json["train"]["clip_norm"] = draw.uniform(8) + 1e-3;
  if (draw.below(9, 2) == 0) json["train"]["validate"] = {{"every_steps", 1 + draw.below(10, 50)}};
  if (draw.below(11, 2) == 0) json["train"]["early_stopping"] = {{"min_delta", draw.uniform(12)}};
  return json;
}

std::size_t keys_of_schema(const Json& schema) {
  std::size_t count = 0;
  for (const auto& [key, value] : schema.items()) {
    if (key == "properties") count += value.size();
    if (value.is_structured()) count += keys_of_schema(value);
  }
  return count;
}

}  // namespace

TEST_CASE("a config that is written reads back the same", "[config]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    INFO(seed);
    check_round_trip(config_from_json(drawn_config(seed), "drawn"));
  }
}

TEST_CASE("a written config has every field, type first and off as null", "[config]") {
  const auto json = Json::parse(write_config(config_from_json(table_config(), "f")));
  CHECK(json.begin().key() == "version");
  CHECK(json["model"].begin().key() == "type");
  CHECK(json["train"]["optimizer"].begin().key() == "type");
  CHECK(json["train"]["clip_norm"].is_null());
  CHECK(json["train"]["optimizer"]["learning_rate"] == 0.001);
}

TEST_CASE("differences name the field and both values", "[config]") {
  const auto a = config_from_json(table_config(), "f");
  auto b = a;
  b.train.epochs = 4;
  b.train.optimizer = SgdConfig{};
  const auto lines = config_differences(a, b);
  REQUIRE(lines.size() > 2);
  CHECK(lines[0] == "train.epochs: 3 -> 4");
  CHECK(lines[1] == "train.optimizer.type: \"adamw\" -> \"sgd\"");
  CHECK(config_differences(a, a).empty());
}

TEST_CASE("every ready config loads and survives a round trip", "[config]") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(test::source_dir()) / "configs")) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path().string());
    ++count;
    const auto config = load_config(entry.path().string(), {});
    CHECK(config.name == entry.path().stem().string());
    const auto files = std::visit([](const auto& data) { return data.files; }, config.data);
    CHECK(fs::path(files.train.text()).is_absolute());
    check_round_trip(config);
  }
  CHECK(count >= 7);
}

TEST_CASE("configs/REFERENCE.md is what the program says", "[config]") {
  INFO("candor train --reference > configs/REFERENCE.md");
  CHECK(slurp(fs::path(test::source_dir()) / "configs" / "REFERENCE.md") == config_reference());
}

TEST_CASE("the schema is closed and knows every key that is written", "[config]") {
  const auto schema = Json::parse(config_schema());
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("additionalProperties") == false);
  const std::vector<std::string> required = schema.at("required");
  CHECK(required == std::vector<std::string>{"name", "data", "model", "train"});
  const auto& optimizers = schema["properties"]["train"]["properties"]["optimizer"]["oneOf"];
  REQUIRE(optimizers.size() == 5);
  CHECK(optimizers[0]["properties"]["type"]["const"] == "sgd");
  CHECK(optimizers[0]["properties"]["learning_rate"]["exclusiveMinimum"] == 0);
  const auto written = Json::parse(write_config(config_from_json(table_config(), "f")));
  for (const auto& [key, value] : written.items()) CHECK(schema["properties"].contains(key));
  CHECK(keys_of_schema(schema) > 100);
}

TEST_CASE("each task has metrics, each in one task", "[config]") {
  std::vector<std::string> names;
  for (const auto& info : metric_list()) names.emplace_back(info.name);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK(names.size() == 34);
  CHECK(find_metric_info("accuracy")->task == TaskType::classification);
  CHECK(find_metric_info("no_such_metric") == nullptr);
}
