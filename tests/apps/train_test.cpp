// SPDX-License-Identifier: Apache-2.0
// One config file to a trained, evaluated, exported model that answers, for each family.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <sstream>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "apps/trained_run.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using candor::test::train;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

// Without what tells where a row came from.
std::vector<Json> answers(const std::string& text) {
  auto rows = json_lines(text);
  for (auto& row : rows) row.erase("row");
  return rows;
}

// The float32 values of a tensor of a safetensors file.
std::vector<float> floats(const fs::path& file, const std::string& name) {
  const auto bytes = slurp(file);
  std::uint64_t header = 0;
  REQUIRE(bytes.size() > sizeof header);
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto place = Json::parse(bytes.substr(sizeof header, header)).at(name).at("data_offsets");
  const auto first = place[0].get<std::size_t>(), last = place[1].get<std::size_t>();
  std::vector<float> values((last - first) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + sizeof header + header + first, last - first);
  return values;
}

Json evaluated(const std::string& run) {
  const auto report = run_candor({"eval", run, "--json"});
  INFO(report.err);
  REQUIRE(report.exit_code == 0);
  return Json::parse(report.out);
}

}  // namespace

TEST_CASE("a run leaves every file of its layout behind", "[train]") {
  TempDir folder;
  const fs::path run = train("table", folder);
  for (const auto* name :
       {"config.json", "environment.json", "metrics.jsonl", "timing.jsonl", "log.txt",
        "report.json", "report.html", "predictions/test.jsonl", "model/MANIFEST.json",
        "model/model.json", "model/model.safetensors", "model/preprocess.json",
        "model/train_config.json", "model/metrics.json", "checkpoints/last", "checkpoints/best"}) {
    INFO(name);
    CHECK(fs::exists(run / name));
  }
  const auto environment = Json::parse(slurp(run / "environment.json"));
  CHECK(environment.at("files").at(0).at("sha256").get<std::string>().size() == 64);
  for (const auto& row : json_lines(slurp(run / "metrics.jsonl"))) CHECK(row.contains("step"));
  // The model's own copy of the config tells no path of this machine.
  CHECK(slurp(run / "model" / "train_config.json").find(folder.path().string()) ==
        std::string::npos);
}

TEST_CASE("a table is trained, evaluated, predicted and exported", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  const auto report = evaluated(run);
  const auto& accuracy = report.at("metrics").at("accuracy");
  CHECK(accuracy.at("value").get<double>() > 0.75);
  CHECK(accuracy.at("low") <= accuracy.at("value"));
  CHECK(accuracy.at("high") >= accuracy.at("value"));
  // What training reported is what evaluation finds.
  CHECK(report.at("metrics") == Json::parse(slurp(fs::path(run) / "report.json")).at("metrics"));

  const auto predicted = run_candor({"predict", run, "--input", (folder / "people.csv").string()});
  INFO(predicted.err);
  REQUIRE(predicted.exit_code == 0);
  const auto rows = json_lines(predicted.out);
  REQUIRE(rows.size() == 240);
  for (const auto& row : rows) CHECK((row.at("label") == "yes" || row.at("label") == "no"));

  const auto exported =
      run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()});
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
  CHECK(fs::exists(folder / "out" / "model.pt"));
  CHECK(fs::exists(folder / "out" / "preprocess.json"));
}

TEST_CASE("predictions do not depend on the format of input and output", "[train]") {
  TempDir folder;
  const auto run = train("table", folder);
  candor::test::RunOptions options;
  options.input =
      "{\"age\": 30, \"income\": 20000, \"city\": \"Cork\"}\n{\"age\": 60, \"income\": null, "
      "\"city\": \"Nowhere\"}\n";
  const auto lines = run_candor({"predict", run, "--input", "-"}, options);
  INFO(lines.err);
  REQUIRE(lines.exit_code == 0);
  const auto file = folder.write("two.csv", "age,income,city\n30,20000,Cork\n60,,Nowhere\n");
  const auto csv = run_candor({"predict", run, "--input", file});
  REQUIRE(csv.exit_code == 0);
  const auto from_json = answers(lines.out), from_csv = answers(csv.out);
  REQUIRE(from_json.size() == 2);
  CHECK(from_csv == from_json);

  const auto output = (folder / "answers.csv").string();
  REQUIRE(run_candor({"predict", run, "--input", file, "--output", output}).exit_code == 0);
  const auto header = slurp(output).substr(0, slurp(output).find('\n'));
  CHECK_THAT(header, CANDOR_CONTAINS("label"));
  const auto again = run_candor({"predict", run, "--input", file, "--output", output});
  CHECK(again.exit_code == 2);
  CHECK_THAT(again.err, CANDOR_CONTAINS("--overwrite"));
  CHECK(
      run_candor({"predict", run, "--input", file, "--output", output, "--overwrite"}).exit_code ==
      0);
}

TEST_CASE("texts of a table are trained, evaluated and predicted", "[train]") {
  TempDir folder;
  const auto run = train("messages", folder);
  const auto report = evaluated(run);
  CHECK(report.at("metrics").at("accuracy").at("value").get<double>() > 0.9);
  CHECK(report.at("metrics") == Json::parse(slurp(fs::path(run) / "report.json")).at("metrics"));
  const auto predicted =
      run_candor({"predict", run, "--input", (folder / "messages.csv").string()});
  INFO(predicted.err);
  REQUIRE(predicted.exit_code == 0);
  CHECK(json_lines(predicted.out).size() == 240);

  candor::test::RunOptions options;
  options.input =
      "{\"message\": \"claim your cash now\", \"words\": 4}\n{\"message\": null, \"words\": 0}\n";
  const auto lines = run_candor({"predict", run, "--input", "-"}, options);
  INFO(lines.err);
  REQUIRE(lines.exit_code == 0);
  const auto csv =
      run_candor({"predict", run, "--input",
                  folder.write("two.csv", "words,message\n4,claim your cash now\n0,\n")});
  CHECK(answers(csv.out) == answers(lines.out));
  CHECK(answers(lines.out)[0].at("label") == "spam");
}

TEST_CASE("init writes a config that learns from a column of text as it is", "[train]") {
  TempDir folder;
  write_config("messages", folder);
  std::string csv = "message,kind\n";
  std::istringstream lines(slurp(folder / "messages.csv"));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto message = line.substr(0, line.rfind('"') + 1);
    csv += message + line.substr(line.rfind(',')) + "\n";
  }
  const auto data = folder.write("two_columns.csv", csv);
  const auto config = (folder / "init.json").string();
  const auto made = run_candor({"init", data, "--output", config});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK_THAT(slurp(config), CANDOR_CONTAINS("\"message\": {\"type\": \"text\"}"));
  const auto run = (folder / "run").string();
  const auto trained = run_candor({"train", config, "--run", run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK(evaluated(run).at("metrics").at("accuracy").at("value").get<double>() > 0.9);
}

TEST_CASE("images are trained, evaluated, predicted and exported", "[train]") {
  TempDir folder;
  const auto run = train("images", folder);
  CHECK(evaluated(run).at("metrics").at("accuracy").at("value").get<double>() > 0.9);
  const auto predicted =
      run_candor({"predict", run, "--input", (folder / "shapes" / "dark").string()});
  INFO(predicted.err);
  REQUIRE(predicted.exit_code == 0);
  const auto rows = json_lines(predicted.out);
  REQUIRE(rows.size() == 40);
  int right = 0;
  for (const auto& row : rows) right += row.at("label") == "dark";
  CHECK(right > 36);
  const auto exported =
      run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()});
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
  CHECK(fs::exists(folder / "out" / "model.pt"));
}

TEST_CASE("a whitening stem is fitted before the first step, and stays as it is", "[train]") {
  const TempDir folder;
  const auto config = write_config("images", folder);
  const auto filters = [&](const std::string& name, const char* epochs) {
    const auto run = (folder / name).string();
    const auto trained =
        run_candor({"train", config, "--run", run, epochs, "model.stem=whitening",
                    "model.downsample=pooled", "train.optimizer={\"type\": \"muon\"}"});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    return floats(folder / name / "model" / "model.safetensors", "conv1.weight");
  };
  const auto short_run = filters("short", "train.epochs=1"), long_run = filters("long", "seed=0");
  CHECK(short_run == long_run);
  REQUIRE(long_run.size() == 24 * 3 * 2 * 2);
  for (std::size_t i = 0; i < long_run.size() / 2; ++i) {
    CHECK(long_run[i + long_run.size() / 2] == -long_run[i]);
  }
  CHECK(std::any_of(long_run.begin(), long_run.end(), [](float x) { return std::abs(x) > 0.1f; }));
  const auto run = (folder / "long").string();
  CHECK(evaluated(run).at("metrics").at("accuracy").at("value").get<double>() > 0.9);
  CHECK(run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()})
            .exit_code == 0);
}

TEST_CASE("text is trained, evaluated, generated and exported", "[train]") {
  TempDir folder;
  const auto run = train("text", folder);
  const auto metrics = evaluated(run).at("metrics");
  CHECK(metrics.at("cross_entropy").at("value").get<double>() < 2.5);
  CHECK(metrics.at("perplexity").at("value").get<double>() ==
        Approx(std::exp(metrics.at("cross_entropy").at("value").get<double>())));

  const std::vector<std::string> words = {"generate",     run,  "--prompt", "the cat",
                                          "--max-tokens", "20", "--seed",   "7"};
  const auto first = run_candor(words);
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  CHECK(first.out.size() >= 20);
  CHECK(run_candor(words).out == first.out);
  const auto exported =
      run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()});
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
  CHECK(fs::exists(folder / "out" / "model.pt"));
}

TEST_CASE("a regression is trained, evaluated, predicted and exported, however far from zero",
          "[train]") {
  TempDir folder;
  const auto run = train("regression", folder);
  const auto metrics = evaluated(run).at("metrics");
  // float32 holds multiples of 128 there: an error of its own would be tens of seconds, or, if the
  // targets were rounded too, none at all.
  CHECK(metrics.at("rmse").at("value").get<double>() < 20.0);
  CHECK(metrics.at("rmse").at("value").get<double>() > 0.001);
  CHECK(metrics.at("r2").at("value").get<double>() < 1.0);
  const auto predicted = run_candor({"predict", run, "--input", (folder / "times.csv").string()});
  INFO(predicted.err);
  REQUIRE(predicted.exit_code == 0);
  const auto rows = json_lines(predicted.out);
  REQUIRE(rows.size() == 400);
  CHECK(rows[0].at("value").get<double>() == Approx(1.7e9).margin(1000));
  const auto exported =
      run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()});
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
  CHECK_THAT(exported.err, CANDOR_CONTAINS("fewer digits"));
}

TEST_CASE("a value that no answer can come of is named, and gets none", "[train]") {
  TempDir folder;
  std::string csv = "x,outcome\n";
  for (int row = 0; row < 60; ++row) {
    csv += std::to_string(row) + "e-9," + (row % 2 ? "yes" : "no") + "\n";
  }
  folder.write("tiny.csv", csv);
  const auto config = folder.write("tiny.json", R"({
  "name": "tiny", "task": {"type": "classification", "target": "outcome"},
  "data": {"type": "table", "files": {"train": "tiny.csv"}, "split": {"validation": 0.2}},
  "model": {"type": "mlp", "hidden": [4]}, "train": {"epochs": 1, "batch_size": 16}
})");
  const auto run = (folder / "run").string();
  REQUIRE(run_candor({"train", config, "--run", run}).exit_code == 0);
  candor::test::RunOptions options;
  options.input = "{\"x\": 1e-9}\n{\"x\": 3e38}\n";
  const auto none = run_candor({"predict", run, "--input", "-"}, options);
  CHECK(none.exit_code == 3);
  CHECK_THAT(none.err,
             CANDOR_CONTAINS("standard input:2: the model's answer is not finite: a value is too "
                             "far from those of training"));
  CHECK(none.out.empty());
}

TEST_CASE("a language model has no opinion of a line with nothing to predict", "[train]") {
  TempDir folder;
  const auto run = train("text", folder);
  candor::test::RunOptions options;
  options.input = "the cat\nt\n";
  const auto scored = run_candor({"predict", run, "--input", "-"}, options);
  INFO(scored.err);
  REQUIRE(scored.exit_code == 0);
  const auto rows = json_lines(scored.out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("tokens") == 6);
  CHECK(rows[1].at("tokens") == 0);
  CHECK(rows[1].at("cross_entropy").is_null());
}

TEST_CASE("where no terminal is, the last line of progress is there all the same", "[train]") {
  TempDir folder;
  const auto trained = run_candor(
      {"train", write_table_config(folder), "train.epochs=2", "--run", (folder / "run").string()});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto last = trained.err.rfind("100%  step ");
  REQUIRE(last != std::string::npos);
  const auto line = trained.err.substr(last, trained.err.find('\n', last) - last);
  CHECK_THAT(line, CANDOR_CONTAINS("  validation "));
  CHECK(line.ends_with(" < 00:00]"));
  CHECK(trained.err.find(line) == trained.err.rfind(line));
}

TEST_CASE("--dry-run reports and writes nothing", "[train]") {
  TempDir folder;
  const auto run = (folder / "run").string();
  const auto dry = run_candor({"train", write_table_config(folder), "--run", run, "--dry-run"});
  INFO(dry.err);
  CHECK(dry.exit_code == 0);
  CHECK_THAT(dry.out, CANDOR_CONTAINS("parameters"));
  CHECK_THAT(dry.out, CANDOR_CONTAINS("time: about "));
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("--dry-run foresees every part of a run, and its sum", "[train]") {
  TempDir folder;
  for (const auto& config : {write_table_config(folder), write_text_config(folder)}) {
    const auto dry = run_candor({"train", config, "--dry-run", "--json"});
    INFO(dry.err);
    REQUIRE(dry.exit_code == 0);
    const auto json = Json::parse(dry.out);
    const auto number = [&](const char* key) { return json.at(key).get<double>(); };
    CHECK(number("steps") > 0);
    CHECK(number("validations") > 0);
    for (const auto* key : {"data_seconds", "seconds_per_step", "seconds_per_validation",
                            "checkpoint_seconds", "report_seconds"}) {
      INFO(key);
      CHECK(number(key) > 0.0);
    }
    CHECK(number("seconds") ==
          Approx(number("data_seconds") + number("steps") * number("seconds_per_step") +
                 number("validations") * number("seconds_per_validation") +
                 number("checkpoint_seconds") + number("report_seconds")));
    CHECK(number("memory_bytes") > 50e6);
  }
}

TEST_CASE("the same seed gives the same model, another seed another one", "[train]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto weights = [&](const std::string& name, const std::string& seed) {
    const auto run = folder / name;
    REQUIRE(
        run_candor({"train", config, "train.epochs=2", seed, "--run", run.string()}).exit_code ==
        0);
    return slurp(run / "model" / "model.safetensors");
  };
  const auto first = weights("a", "seed=1");
  CHECK(weights("b", "seed=1") == first);
  CHECK(weights("c", "seed=2") != first);
}

TEST_CASE("a language model is reported beside an n-gram baseline, also by eval", "[train]") {
  TempDir folder;
  const auto run = train("text", folder);
  const auto report = Json::parse(slurp(fs::path(run) / "report.json"));
  const auto& baseline = report.at("baseline");
  CHECK(baseline.at("type") == "ngram");
  CHECK(baseline.at("order") == 8);
  CHECK(baseline.at("weights_from") == "validation");
  const auto nats = [](const Json& part) {
    return part.at("metrics").at("cross_entropy").at("value").get<double>();
  };
  CHECK(baseline.at("gain").at("value").get<double>() ==
        Approx(nats(baseline) - nats(report)).margin(1e-9));
  CHECK(baseline.at("gain").at("low").is_number());
  CHECK_THAT(slurp(fs::path(run) / "report.html"), CANDOR_CONTAINS("Baseline: 8-gram model"));
  CHECK(evaluated(run).at("baseline") == baseline);
  // Another file is compared with the same baseline; without the training text there is none.
  const auto story = folder.write("other.txt", slurp(folder / "story.txt").substr(100, 900));
  const auto other = run_candor({"eval", run, "--data", story, "--json"});
  REQUIRE(other.exit_code == 0);
  CHECK(Json::parse(other.out).at("baseline").at("metrics").contains("bits_per_byte"));
  const auto off = run_candor({"eval", run, "--json", "evaluate.baseline=null"});
  REQUIRE(off.exit_code == 0);
  CHECK(Json::parse(off.out).at("baseline").is_null());
  fs::remove(folder / "story.txt");
  const auto gone = run_candor({"eval", run, "--data", story, "--json"});
  REQUIRE(gone.exit_code == 0);
  CHECK(Json::parse(gone.out).at("baseline").at("reason") ==
        "the training text, which its counts come from, cannot be read any more");
}
