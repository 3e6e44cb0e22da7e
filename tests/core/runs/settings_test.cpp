// SPDX-License-Identifier: Apache-2.0
#include "core/runs/settings.h"

#include "support/catch.h"

using namespace candor;

namespace {

using Row = std::vector<std::optional<std::string>>;

}  // namespace

TEST_CASE("only settings in which runs differ are told", "[runs]") {
  const Json a = Json::parse(R"({"name": "a", "seed": 1, "train": {"epochs": 3, "steps": null}})");
  const Json b = Json::parse(R"({"name": "b", "seed": 1, "train": {"epochs": 5, "steps": null}})");
  const auto table = differing_settings({a, b});
  CHECK(table.keys == std::vector<std::string>{"train.epochs"});
  CHECK(table.values == std::vector<Row>{{"3"}, {"5"}});
  CHECK(differing_settings({a, a}).keys.empty());
  CHECK(differing_settings({a}).keys.empty());
}

TEST_CASE("a section that others have switched off is told as a whole", "[runs]") {
  const Json on = Json::parse(R"({"train": {"ema": {"decay": 0.9, "warmup": true}}})");
  const Json off = Json::parse(R"({"train": {"ema": null}})");
  const auto table = differing_settings({on, off});
  CHECK(table.keys == std::vector<std::string>{"train.ema"});
  CHECK(table.values == std::vector<Row>{{"{\"decay\":0.9,\"warmup\":true}"}, {"null"}});
}

TEST_CASE("keys that only some runs have are no difference, their type is", "[runs]") {
  const Json mlp = Json::parse(R"({"model": {"type": "mlp", "hidden": [8], "dropout": 0.1}})");
  const Json resnet = Json::parse(R"({"model": {"type": "resnet", "width": 8, "dropout": 0.1}})");
  const auto table = differing_settings({mlp, resnet, Json(nullptr)});
  CHECK(table.keys == std::vector<std::string>{"model.type"});
  CHECK(table.values == std::vector<Row>{{"mlp"}, {"resnet"}, {std::nullopt}});
}

TEST_CASE("files are told by name, and odd names of columns do no harm", "[runs]") {
  const Json a = Json::parse(R"({"data": {"files": {"train": ["/x/a.csv", "/x/b.csv"]},
                                          "columns": {"a.b/~2": {"use": "ignore"}}}})");
  const Json b = Json::parse(R"({"data": {"files": {"train": "/y/a.csv"},
                                          "columns": {"a.b/~2": {"use": "feature"}}}})");
  const auto table = differing_settings({a, b});
  CHECK(table.keys == std::vector<std::string>{"data.files.train", "data.columns.a.b/~2.use"});
  CHECK(table.values ==
        std::vector<Row>{{"[\"a.csv\",\"b.csv\"]", "ignore"}, {"a.csv", "feature"}});
}

TEST_CASE("the setting with the most values tells the most, files tell the least", "[runs]") {
  const auto config = [](const char* file, int seed, int width, double rate) {
    return Json{{"data", {{"files", {{"train", "/x.csv"}, {"test", file}}}}},
                {"model", {{"width", width}}},
                {"train", {{"rate", rate}, {"seed", seed}}}};
  };
  const auto table = differing_settings({config("a", 1, 8, 0.1), config("b", 1, 8, 0.2),
                                         config("c", 2, 16, 0.3), config("d", 2, 16, 0.1)});
  CHECK(table.keys ==
        std::vector<std::string>{"data.files.test", "model.width", "train.rate", "train.seed"});
  CHECK(most_telling(table) == std::vector<std::size_t>{2, 1, 3, 0});
  CHECK(most_telling({}).empty());
}

TEST_CASE("short keys are as short as tells them apart", "[runs]") {
  CHECK(short_keys({"seed", "train.epochs", "train.optimizer.type", "model.type",
                    "train.optimizer.weight_decay", "train.parameters.weight_decay"}) ==
        std::vector<std::string>{"seed", "epochs", "optimizer.type", "model.type",
                                 "optimizer.weight_decay", "parameters.weight_decay"});
  CHECK(short_keys({"seed", "data.split.seed"}) == std::vector<std::string>{"seed", "split.seed"});
  // Another key of the config has this name, though it does not differ.
  CHECK(short_keys({"data.split.calibration"}) == std::vector<std::string>{"split.calibration"});
}

TEST_CASE("an entry of a map that one config alone has is a difference", "[runs]") {
  const auto plain = Json::parse(R"({"data": {"type": "table", "columns": {}},
                                     "train": {"parameters": {}}})");
  auto ignores = plain, freezes = plain;
  ignores["data"]["columns"]["city"] = {{"use", "ignore"}};
  freezes["train"]["parameters"]["layer1.*"] = {{"freeze", true}};
  const auto table = differing_settings({plain, ignores, freezes});
  CHECK(table.keys == std::vector<std::string>{"data.columns.city", "train.parameters.layer1.*"});
  CHECK_FALSE(table.values.at(0).at(0));
  CHECK(table.values.at(1).at(0) == R"({"use":"ignore"})");
  CHECK(table.values.at(2).at(1) == R"({"freeze":true})");
}
