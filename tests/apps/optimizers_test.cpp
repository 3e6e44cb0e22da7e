// SPDX-License-Identifier: Apache-2.0
// Optimizers, schedules and losses of a config, weights of an earlier run, and the search for a
// learning rate, through the programs.
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "apps/json_files.h"
#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::json_of;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

// `candor train CONFIG words... --run FOLDER/name`.
candor::test::Outcome train(const TempDir& folder, const std::string& config,
                            const std::string& name, const std::vector<std::string>& words) {
  std::vector<std::string> all = {"train", config, "--run", (folder / name).string()};
  all.insert(all.end(), words.begin(), words.end());
  return run_candor(all);
}

double accuracy(const fs::path& run) {
  return json_of(run / "report.json").at("metrics").at("accuracy").at("value");
}

}  // namespace

TEST_CASE("each optimizer learns, with each schedule", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  const std::vector<std::vector<std::string>> runs = {
      {R"(train.optimizer={"type":"lion","learning_rate":0.003})",
       R"(train.schedule={"type":"wsd","warmup_steps":10})"},
      {R"(train.optimizer={"type":"muon","learning_rate":0.02,"adamw":{"learning_rate":0.01}})",
       R"(train.schedule={"type":"one_cycle"})"},
      {R"(train.optimizer={"type":"sgd","learning_rate":0.1,"momentum":0.9})",
       R"(train.schedule={"type":"step","every_steps":100,"factor":0.5})", "train.clip_value=0.1",
       R"(train.loss={"label_smoothing":0.05,"class_weighting":"balanced","focal_gamma":0.5})"}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto name = "run" + std::to_string(i);
    const auto outcome = train(folder, config, name, runs[i]);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    CHECK(accuracy(folder / name) > 0.75);
  }
}

TEST_CASE("a run begins with the weights of another one and freezes a part of them", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  REQUIRE(train(folder, config, "first", {"train.epochs=3"}).exit_code == 0);
  const auto from = (folder / "first").string();
  const std::vector<std::string> words = {
      R"(train.init_from={"path":")" + from + R"(","new":["layers.2.*"]})",
      R"(train.parameters={"layers.0.*":{"freeze":true}})", "train.epochs=3", "seed=9",
      "train.weights=last"};
  const auto second = train(folder, config, "second", words);
  INFO(second.err);
  REQUIRE(second.exit_code == 0);
  // The public files tell the file's name and hash, and no place.
  const auto model = folder / "second" / "model";
  CHECK(json_of(model / "train_config.json")["train"]["init_from"]["path"] == "first");
  const auto metrics = json_of(model / "metrics.json");
  CHECK(metrics["init_from"]["name"] == "model.safetensors");
  CHECK(metrics["init_from"]["sha256"] ==
        json_of(folder / "first" / "model" /
                "MANIFEST.json")["files"]["model.safetensors"]["sha256"]);
  CHECK(slurp(model / "metrics.json").find(folder.path().string()) == std::string::npos);
  // One more epoch's words are another config; the same ones need the file no more.
  fs::remove_all(from);
  auto resumed = words;
  resumed.push_back("--resume");
  CHECK(train(folder, config, "second", resumed).exit_code == 0);
}

TEST_CASE("weights of another architecture are refused with all differences", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  REQUIRE(train(folder, config, "first", {"train.epochs=1"}).exit_code == 0);
  const auto from = (folder / "first").string();
  const auto other = train(folder, config, "second",
                           {R"(train.init_from={"path":")" + from + R"("})", "model.hidden=[16]"});
  CHECK(other.exit_code == 4);
  CHECK(other.err.find("  layers.1.weight: is [8, 16] float32, the model has [2, 16] float32\n") !=
        std::string::npos);
  CHECK(other.err.find("  layers.2.bias: is not in the model\n") != std::string::npos);
}

TEST_CASE("a learning rate is found and nothing is left behind", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  candor::test::RunOptions here;
  here.folder = folder.path();
  const auto before = std::distance(fs::directory_iterator(folder.path()), {});
  const auto text = run_candor({"train", config, "--find-learning-rate"}, here);
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  CHECK(text.out.find("take train.optimizer.learning_rate=") != std::string::npos);
  const auto json = run_candor({"train", config, "--find-learning-rate", "--json"}, here);
  REQUIRE(json.exit_code == 0);
  const auto found = Json::parse(json.out);
  CHECK(found["suggestion"].get<double>() > 1e-5);
  CHECK(found["suggestion"].get<double>() < 1.0);
  CHECK(found["points"].size() > 20);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == before);
}

TEST_CASE("settings that do not fit the data end the run before it begins", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  const auto fault = [&](std::vector<std::string> words) {
    words.push_back("--overwrite");
    const auto outcome = train(folder, config, "bad", words);
    CHECK(outcome.exit_code == 2);
    return outcome.err;
  };
  CHECK(fault({"train.batch_size=1000"})
            .find("error: train.batch_size 1000 is more than the data has for training, 144; set "
                  "it to 144 or less\n") != std::string::npos);
  CHECK(fault({R"(train.schedule={"type":"cosine","warmup_steps":300})"})
            .find("error: train.schedule.warmup_steps 300 is more than the run's 225 steps; lower "
                  "it, or train longer\n") != std::string::npos);
  CHECK(fault({R"(train.loss.class_weights={"maybe":2})"})
            .find("error: train.loss.class_weights: \"maybe\" is not a class of the data; allowed: "
                  "no, yes\n") != std::string::npos);
  CHECK(fault({R"(train.parameters={"fc.*":{"freeze":true}})"})
            .find("error: train.parameters: pattern \"fc.*\" fits no parameter of the model; the "
                  "nearest are ") != std::string::npos);
}

TEST_CASE("a trained ensemble is evaluated, predicts and is exported from its folder", "[train]") {
  for (const std::string kind : {"full", "mini"}) {
    const TempDir folder;
    const auto config = candor::test::write_config("table", folder);
    const auto trained =
        train(folder, config, "run", {R"(model.ensemble={"members":2,"kind":")" + kind + "\"}"});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    const auto run = (folder / "run").string();
    const auto evaluated = run_candor({"eval", run, "--json"});
    INFO(evaluated.err);
    REQUIRE(evaluated.exit_code == 0);
    CHECK(Json::parse(evaluated.out)["metrics"]["accuracy"]["value"] == accuracy(folder / "run"));
    CHECK(run_candor({"export", run, "--format", "torchscript", "--out", (folder / "x").string()})
              .exit_code == 0);
  }
}

TEST_CASE("a search for a learning rate ends with the first signal", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  for (const int number : {SIGTERM, SIGINT}) {
    // 100 updates of this model take many seconds.
    candor::test::Process search({"candor", "train", config, "--find-learning-rate",
                                  "model.hidden=[6000, 6000]", "train.batch_size=128"});
    std::this_thread::sleep_for(std::chrono::seconds(2));
    REQUIRE(search.running());
    search.signal(number);
    const auto outcome = search.wait();
    CHECK(outcome.exit_code == 128 + number);
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("a search for a learning rate is no run", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  const auto search = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"train", config, "--find-learning-rate"};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto outcome = run_candor(words);
    CHECK(outcome.exit_code == 2);
    return outcome.err;
  };
  const auto message = [](const std::string& flags) {
    return "error: --find-learning-rate makes no run and leaves nothing behind, so it does not go "
           "with " +
           flags + "; leave one of them out\n";
  };
  const auto run = (folder / "run").string();
  CHECK(search({"--run", run}) == message("--run"));
  CHECK(search({"--dry-run"}) == message("--dry-run"));
  CHECK(search({"--run", run, "--resume"}) == message("--run, --resume"));
  CHECK(search({"--overwrite"}) == message("--overwrite"));
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("the rate that is found for muon is that of its matrices", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  const std::vector<std::string> words = {
      "train", config, "--find-learning-rate",
      R"(train.optimizer={"type":"muon","adamw":{"learning_rate":0.003}})"};
  const std::string note =
      "this is the rate of muon's matrices alone: the other weights were trained at "
      "train.optimizer.adamw.learning_rate=0.003 throughout";
  const auto text = run_candor(words);
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  CHECK(text.out.ends_with("\n" + note + "\n"));
  auto as_json = words;
  as_json.emplace_back("--json");
  CHECK(Json::parse(run_candor(as_json).out)["note"] == note);
  CHECK(Json::parse(run_candor({"train", config, "--find-learning-rate", "--json"}).out)["note"]
            .is_null());
}

TEST_CASE("a run that could not begin leaves nothing that the next try trips over", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  REQUIRE(train(folder, config, "other", {"train.epochs=1", "model.hidden=[4]"}).exit_code == 0);
  const auto from = (folder / "other").string();
  const std::vector<std::pair<std::string, int>> faults = {
      {"train.batch_size=100000", 2},
      {"+train.parameters.\"nothing.*\"={\"freeze\": true}", 2},
      {R"(train.schedule={"type":"constant","warmup_steps":100000})", 2},
      {R"(train.init_from={"path":")" + from + R"("})", 4}};
  for (const auto& [word, code] : faults) {
    const auto wrong = train(folder, config, "run", {"train.epochs=1", word});
    INFO(wrong.err);
    CHECK(wrong.exit_code == code);
    CHECK_FALSE(fs::exists(folder / "run"));
  }
  REQUIRE(train(folder, config, "run", {"train.epochs=1"}).exit_code == 0);
  const auto weights = slurp(folder / "run/model/model.safetensors");
  CHECK(train(folder, config, "run", {"train.batch_size=100000", "--overwrite"}).exit_code == 2);
  CHECK(slurp(folder / "run/model/model.safetensors") == weights);
  // An earlier run's checkpoints are not those of the run that takes its place.
  CHECK(train(folder, config, "run", {faults.back().first, "--overwrite"}).exit_code == 4);
}

TEST_CASE("weights to begin with are looked for before the data is read", "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  fs::remove(folder / "people.csv");
  const auto none = (folder / "none").string();
  const auto wrong =
      train(folder, config, "run", {R"(train.init_from={"path":")" + none + R"("})"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err == R"(error: command line: train.init_from={"path":")" + none +
                         R"("}: /train/init_from/path: )" + none +
                         ": there is no such file or folder; expected a run directory, a model "
                         "directory or a .safetensors file\n");
  CHECK_FALSE(fs::exists(folder / "run"));
}

TEST_CASE("weights of other categories are refused, and a report on rows they saw is told",
          "[train]") {
  const TempDir folder;
  const auto config = candor::test::write_config("table", folder);
  REQUIRE(train(folder, config, "first", {"train.epochs=1"}).exit_code == 0);
  const auto word = "train.init_from.path=" + (folder / "first").string();
  const auto init =
      std::string("train.init_from={\"path\":\"") + (folder / "first").string() + "\"}";
  const auto seen = train(folder, config, "second", {"train.epochs=1", init, "data.split.seed=9"});
  INFO(seen.err);
  CHECK(seen.exit_code == 0);
  CHECK(seen.err.find("warning: train.init_from: the test rows come from people.csv, which the "
                      "weights of ") != std::string::npos);
  // Another city, of which there are as many.
  auto text = slurp(folder / "people.csv");
  for (auto at = text.find("Cork"); at != std::string::npos; at = text.find("Cork", at + 1)) {
    text.replace(at, 4, "Derry");
  }
  folder.write("people.csv", text);
  const auto other = train(folder, config, "third", {"train.epochs=1", word});
  INFO(other.err);
  CHECK(other.exit_code == 4);
  CHECK(other.err.find("error: command line: " + word + ": /train/init_from/path: ") == 0);
  CHECK(other.err.find("city = Derry\" here and \"city = Cork\" there") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "third"));
}
