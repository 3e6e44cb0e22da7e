// SPDX-License-Identifier: Apache-2.0
// Every class of mistake, with its exact message.
#include "config_text.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

TEST_CASE("what is left out has its default, and null is off", "[config]") {
  const auto config = config_from_json(table_config(), "f.json");
  CHECK(config.version == 1);
  CHECK(config.train.batch_size == 64);
  CHECK(std::holds_alternative<AdamWConfig>(config.train.optimizer));
  CHECK(std::get<MlpConfig>(config.model).hidden == std::vector<std::int64_t>{256, 128});
  CHECK_FALSE(config.train.clip_norm);
  CHECK(config_from_json(with(table_config(), "/train/clip_norm", 1), "f").train.clip_norm == 1.0);
  CHECK_FALSE(
      config_from_json(with(table_config(), "/train/clip_norm", nullptr), "f").train.clip_norm);
}

TEST_CASE("the three small configs are without fault", "[config]") {
  CHECK(faults(table_config()) == "");
  CHECK(faults(text_config()) == "");
  CHECK(faults(images_config()) == "");
}

TEST_CASE("a config that no user wrote is at fault as the model that it belongs to", "[config]") {
  const auto json = with(table_config(), "/model/hiden", 8);
  const auto error = error_of([&] { config_from_json(json, "m.json", ErrorKind::model); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(std::string(error->what()) == faults(json).replace(0, 1, "m"));
}

TEST_CASE("an unknown key is refused with the nearest name", "[config]") {
  CHECK(faults(with(table_config(), "/model/hiden", Json::array({8}))) ==
        "f.json: /model/hiden: unknown key; did you mean \"hidden\"? allowed: type, hidden, "
        "activation, "
        "dropout, norm, residual, ensemble");
  CHECK(faults(with(table_config(), "/data/files/zzzzzz", 1)) ==
        "f.json: /data/files/zzzzzz: unknown key; allowed: train, validation, test");
  CHECK(faults(with(table_config(), "/data/columns/a~1b/usee", "ignore")) ==
        "f.json: /data/columns/a~1b/usee: unknown key; did you mean \"use\"? allowed: use, type, "
        "values, date_order, impute, scale, transform");
}

TEST_CASE("a value of the wrong type is refused", "[config]") {
  CHECK(faults(with(table_config(), "/train/epochs", "ten")) ==
        "f.json: /train/epochs: found \"ten\", expected a whole number in [1, 1000000000]");
  CHECK(faults(with(table_config(), "/train/batch_size", 3.0)) ==
        "f.json: /train/batch_size: found 3.0, expected a whole number in [1, 1048576]");
  CHECK(faults(with(table_config(), "/data/format/header", 1)) ==
        "f.json: /data/format/header: found 1, expected true or false");
  CHECK(faults(with(table_config(), "/name", 7)) == "f.json: /name: found 7, expected a string");
  CHECK(faults(with(table_config(), "/train/validate", Json::array())) ==
        "f.json: /train/validate: found a list, expected an object");
  CHECK(faults(with(table_config(), "/data/groups", "sex")) ==
        "f.json: /data/groups: found \"sex\", expected a list");
  CHECK(faults(with(table_config(), "/data/groups", Json::array({"sex", 3}))) ==
        "f.json: /data/groups/1: found 3, expected a string");
  CHECK(faults(Json::array()) == "f.json: found a list, expected an object");
}

TEST_CASE("a value out of range is refused, never clipped", "[config]") {
  CHECK(faults(with(table_config(), "/model/dropout", 1)) ==
        "f.json: /model/dropout: found 1, expected a number in [0, 1)");
  CHECK(faults(with(table_config(), "/train/clip_norm", 0)) ==
        "f.json: /train/clip_norm: found 0, expected a number in (0, 1000000000]");
  CHECK(faults(with(table_config(), "/model/hidden", Json::array({8, 0}))) ==
        "f.json: /model/hidden/1: found 0, expected a whole number in [1, 65536]");
  CHECK(faults(with(table_config(), "/seed", -1)) ==
        "f.json: /seed: found -1, expected a whole number >= 0");
  CHECK(faults(with(table_config(), "/train/log_every", 18446744073709551615ull)) ==
        "f.json: /train/log_every: found 18446744073709551615, expected a whole number in [1, "
        "1000000000]");
  CHECK(config_from_json(with(table_config(), "/seed", 18446744073709551615ull), "f").seed ==
        18446744073709551615ull);
  CHECK(faults(with(table_config(), "/version", 2)) ==
        "f.json: /version: found 2, expected a whole number in [1, 1]");
}

TEST_CASE("null is refused where nothing can be switched off", "[config]") {
  CHECK(faults(with(table_config(), "/train/batch_size", nullptr)) ==
        "f.json: /train/batch_size: found null, but only an optional field can be switched off; "
        "leave "
        "the key out for the default");
}

TEST_CASE("an unknown choice or type is refused with the nearest name", "[config]") {
  CHECK(
      faults(with(table_config(), "/model/activation", "rellu")) ==
      "f.json: /model/activation: found \"rellu\", expected one of relu, gelu, silu, tanh; did you "
      "mean \"relu\"?");
  CHECK(faults(with(table_config(), "/train/optimizer/type", "adamww")) ==
        "f.json: /train/optimizer/type: found \"adamww\", expected one of sgd, adam, adamw, lion, "
        "muon; did you "
        "mean \"adamw\"?");
  CHECK(faults(with(table_config(), "/train/optimizer/learning_rate", 0.1)) ==
        "f.json: /train/optimizer/type: missing; expected one of sgd, adam, adamw, lion, "
        "muon");
}

TEST_CASE("what must be there and is not is named", "[config]") {
  const std::vector<std::pair<std::string, std::string>> required = {
      {"/name", "names the run directory and the model"},
      {"/data", "what it is learned from"},
      {"/model", "what learns"},
      {"/train", "how it learns"},
      {"/data/files", "where the data lies; relative to this file"},
      {"/data/files/train", "training data: a file, or a folder of class folders"}};
  for (const auto& [pointer, help] : required) {
    CHECK(faults(without(table_config(), pointer)) == "f.json: " + pointer + ": missing; " + help);
  }
  CHECK(faults(without(table_config(), "/task/target")) ==
        "f.json: /task/target: missing; data.type table needs task.target, the column to predict");
  CHECK(faults(without(table_config(), "/model/type")) ==
        "f.json: /model/type: missing; expected one of mlp, transformer, resnet");
}

TEST_CASE("all problems are reported at once, in the order of the file", "[config]") {
  TempDir folder;
  const auto path = folder.write("bad.json", R"({
    // a comment is no problem
    "name": "x",
    "task": {"type": "clasification", "target": "outcome"},
    "data": {"type": "table", "files": {"train": "a.csv", "tset": "b.csv"}},
    "model": {"type": "mlp", "dropout": 1.5, "hiden": [8]},
    "train": {"epochs": 3.5}
  })");
  const auto error = error_of([&] { load_config(path, {"train.epohcs=3"}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  const std::string epochs =
      "epochs, steps, batch_size, accumulate, sampling, loader_threads, optimizer, parameters, "
      "schedule, regularization, loss, clip_norm, clip_value, ema, init_from, fairness, "
      "activation_checkpointing, precision, validate, metric, early_stopping, checkpoint, weights, "
      "log_every";
  CHECK(error->what() ==
        "command line: train.epohcs=3: unknown key 'epohcs'; did you mean \"epochs\"? allowed: " +
            epochs + "\n" + path +
            ": /task/type: found \"clasification\", expected one of classification, regression, "
            "language_model; did you mean \"classification\"?\n" +
            path +
            ": /data/files/tset: unknown key; did you mean \"test\"? allowed: train, validation, "
            "test\n" +
            path + ": /model/dropout: found 1.5, expected a number in [0, 1)\n" + path +
            ": /model/hiden: unknown key; did you mean \"hidden\"? allowed: type, hidden, "
            "activation, "
            "dropout, norm, residual, ensemble\n" +
            path + ": /train/epochs: found 3.5, expected a whole number in [1, 1000000000]");
}

TEST_CASE("a duplicate key and broken JSON are named by file", "[config]") {
  TempDir folder;
  const auto twice = folder.write("twice.json", "{\"train\": {\"steps\": 1, \"steps\": 2}}");
  const auto error = error_of([&] { load_config(twice, {}); });
  REQUIRE(error);
  CHECK_THAT(
      error->what(),
      CANDOR_CONTAINS(twice + ": not valid JSON: the key /train/steps stands twice (line 1"));
  const auto missing = (folder / "none.json").string();
  const auto absent = error_of([&] { load_config(missing, {}); });
  REQUIRE(absent);
  CHECK(absent->kind() == ErrorKind::config);
  CHECK(absent->what() == missing + ": cannot be opened: No such file or directory");
}

TEST_CASE(
    "relative paths resolve against the file's folder, those in words against the working "
    "directory",
    "[config]") {
  TempDir folder;
  std::filesystem::create_directories(folder / "configs");
  const auto path = folder.write("configs/a.json",
                                 with(table_config(), "/data/files/train", "../d/./a.csv").dump());
  const auto plain = load_config(path, {});
  CHECK(std::get<TableData>(plain.data).files.train == (folder / "d" / "a.csv").string());
  const auto changed = load_config(path, {"data.files.test=here.csv"});
  const auto& files = std::get<TableData>(changed.data).files;
  CHECK(files.train == (folder / "d" / "a.csv").string());
  CHECK(files.test == (std::filesystem::current_path() / "here.csv").string());
  CHECK(std::get<TableData>(config_from_json(table_config(), "f").data).files.train ==
        "people.csv");
}

TEST_CASE("a folder is the same with a slash behind it", "[config]") {
  TempDir folder;
  const auto path =
      folder.write("a.json", with(images_config(), "/data/files/train", "shapes/").dump());
  const auto config = load_config(path, {"data.files.test=other/"});
  const auto& files = std::get<ImageData>(config.data).files;
  CHECK(files.train == (folder / "shapes").string());
  CHECK(files.test == (std::filesystem::current_path() / "other").string());
}

TEST_CASE("a path that no config can hold is a problem of its key", "[config]") {
  TempDir folder;
  const auto path = folder.write("caf\xE9/a.json", table_config().dump());
  const auto error = error_of([&] { load_config(path, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(error->what() ==
        path +
            ": /data/files/train: leads through a folder whose name is not valid UTF-8, which no "
            "config can hold; rename that folder, or move the data");
}
