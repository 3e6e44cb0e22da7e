// SPDX-License-Identifier: Apache-2.0
// The Transformer on a table's column of text: trained, evaluated, predicted, exported, served,
// resumed.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <random>
#include <sstream>
#include <thread>

#include "apps/run_program.h"
#include "apps/served.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::test::Process;
using candor::test::run;
using candor::test::run_candor;
using candor::test::Served;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

// Notes of 1 to 6 words. `mood` is loud where every other word is shouted, `shouts` how many are.
// One in 50 is empty, and calm.
std::string notes() {
  const char* words[] = {"tea", "rain", "the train", "a letter", "soup", "our street"};
  std::mt19937 draw(7);
  std::ostringstream csv;
  csv << "note,mood,shouts\n";
  for (int row = 0; row < 300; ++row) {
    const unsigned count = row % 50 == 49 ? 0 : 1 + draw() % 6;
    const bool loud = draw() % 5 < 2;
    int shouts = 0;
    std::string text;
    for (unsigned i = 0; i < count; ++i) {
      const bool shout = loud && i % 2 == 0;
      text += (i > 0 ? " " : "") + std::string(words[draw() % 6]) + (shout ? "!" : "");
      shouts += shout;
    }
    csv << text << ',' << (shouts > 0 ? "loud" : "calm") << ',' << shouts << '\n';
  }
  return csv.str();
}

// `target` is one of the last two columns, of which the other is no feature.
std::string write_notes_config(const TempDir& folder, const std::string& target) {
  folder.write("notes.csv", notes());
  Json config = Json::parse(R"({
  "name": "notes",
  "data": {"type": "table", "files": {"train": "notes.csv"},
           "columns": {"note": {"type": "text"}},
           "split": {"validation": 0.2, "test": 0.2}},
  "model": {"type": "transformer", "layers": 1, "heads": 2, "width": 32, "context": 48,
            "dropout": 0.1, "pooling": "mean"},
  "train": {"epochs": 12, "batch_size": 16, "log_every": 1,
            "optimizer": {"type": "adamw", "learning_rate": 0.01}}
})");
  const bool classes = target == "mood";
  config["task"] = {{"type", classes ? "classification" : "regression"}, {"target", target}};
  config["data"]["columns"][classes ? "shouts" : "mood"] = {{"use", "ignore"}};
  return folder.write("notes.json", config.dump());
}

std::string train(const std::string& target, const TempDir& folder,
                  const std::vector<std::string>& more = {}) {
  const auto path = (folder / "run").string();
  std::vector<std::string> words = {"train", write_notes_config(folder, target), "--run", path};
  words.insert(words.end(), more.begin(), more.end());
  const auto trained = run_candor(words);
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  return path;
}

Json metrics_of(const std::string& run_path) {
  const auto report = run_candor({"eval", run_path, "--json"});
  INFO(report.err);
  REQUIRE(report.exit_code == 0);
  const auto metrics = Json::parse(report.out).at("metrics");
  // What training reported is what evaluation finds.
  CHECK(metrics == Json::parse(slurp(fs::path(run_path) / "report.json")).at("metrics"));
  return metrics;
}

// One answer for each note; null is a missing one.
std::vector<Json> predicted(const std::string& run_path, const std::vector<Json>& some) {
  candor::test::RunOptions options;
  for (const auto& note : some) options.input += Json{{"note", note}}.dump() + "\n";
  const auto done = run_candor({"predict", run_path, "--input", "-"}, options);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  std::vector<Json> rows;
  std::istringstream lines(done.out);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  REQUIRE(rows.size() == some.size());
  return rows;
}

double loudness(const Json& row) { return row.at("probabilities").at("loud").get<double>(); }

std::string export_to(const TempDir& folder, const std::string& run_path) {
  const auto out = (folder / "out").string();
  const auto done = run_candor({"export", run_path, "--format", "torchscript", "--out", out});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK_THAT(done.out, CANDOR_CONTAINS("6 shapes checked"));
  return out;
}

// What the exported graph gives for rows of tokens, by a program that knows nothing of candor.
std::vector<double> exported(const std::string& out, const std::vector<std::string>& some) {
  const auto vocabulary = Json::parse(slurp(fs::path(out) / "tokenizer.json"))["model"]["vocab"];
  std::size_t longest = 0;
  for (const auto& text : some) longest = std::max(longest, text.size());
  std::string ids = "i64:" + std::to_string(some.size()) + "," + std::to_string(longest) + ":";
  for (const auto& text : some) {
    for (std::size_t i = 0; i < longest; ++i) {
      if (ids.back() != ':') ids += ",";
      ids += i < text.size() ? vocabulary.at(text.substr(i, 1)).dump() : "-1";
    }
  }
  const auto done = run({"load_torchscript", (fs::path(out) / "model.pt").string(), ids});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  std::istringstream lines(done.out.substr(done.out.find('\n')));
  std::vector<double> values;
  for (double value = 0.0; lines >> value;) values.push_back(value);
  return values;
}

}  // namespace

TEST_CASE("a Transformer learns the class of a column of text", "[train]") {
  TempDir folder;
  const auto path = train("mood", folder);
  CHECK(metrics_of(path).at("accuracy").at("value").get<double>() > 0.9);
  const std::vector<Json> some = {"soup! rain", "soup rain", "", nullptr, "tea", "rain tea soup!"};
  const auto rows = predicted(path, some);
  CHECK(rows[0].at("label") == "loud");
  CHECK(rows[1].at("label") == "calm");
  // Without tokens there is nothing to tell by.
  CHECK(loudness(rows[2]) == Approx(0.5));
  CHECK(loudness(rows[3]) == Approx(0.5));
  for (std::size_t i = 0; i < some.size(); ++i) {
    CHECK(loudness(predicted(path, {some[i]})[0]) == Approx(loudness(rows[i])).margin(1e-5));
  }
}

TEST_CASE("a Transformer learns from the last token too", "[train]") {
  TempDir folder;
  const auto path = train("mood", folder, {"model.pooling=last"});
  CHECK(metrics_of(path).at("accuracy").at("value").get<double>() > 0.9);
}

TEST_CASE("a Transformer learns a number from a column of text", "[train]") {
  TempDir folder;
  const auto path = train("shouts", folder);
  CHECK(metrics_of(path).at("r2").at("value").get<double>() > 0.4);
  const auto rows = predicted(path, {"soup! rain! tea!", "soup rain tea"});
  CHECK(rows[0].at("value").get<double>() > rows[1].at("value").get<double>() + 0.5);
  const auto values = exported(export_to(folder, path), {"soup! rain! tea!", "soup rain tea"});
  REQUIRE(values.size() == 2);
  CHECK(values[0] == Approx(rows[0].at("value").get<double>()).epsilon(1e-4));
  CHECK(values[1] == Approx(rows[1].at("value").get<double>()).epsilon(1e-4));
}

TEST_CASE("texts get the same answer from predict, from an export and from the server", "[train]") {
  TempDir folder;
  const auto path = train("mood", folder, {"train.epochs=5"});
  const auto rows = predicted(path, {"soup! rain", "tea"});
  const auto out = export_to(folder, path);
  CHECK(run({"load_torchscript", out + "/model.pt"}).out == "ids\n");
  const auto logits = exported(out, {"soup! rain", "tea"});
  REQUIRE(logits.size() == 4);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto loud = 1.0 / (1.0 + std::exp(logits[2 * i] - logits[2 * i + 1]));
    CHECK(loud == Approx(loudness(rows[i])).margin(1e-4));
  }
  Served server({"notes=" + path});
  REQUIRE(server.port != 0);
  const Json request = {{"instances", {{{"note", "soup! rain"}}, {{"note", "tea"}}}}};
  const auto answer = server.post("/v1/models/notes:predict", request.dump());
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const auto predictions = Json::parse(answer.body).at("predictions");
  // Long and short ones, more than one run of the model takes: each as it is alone.
  Json many = {{"instances", Json::array()}};
  for (int i = 0; i < 150; ++i) {
    many["instances"].push_back({{"note", i % 2 == 0 ? "tea" : std::string(40, 'a')}});
  }
  const auto all = Json::parse(server.post("/v1/models/notes:predict", many.dump()).body);
  for (std::size_t i = 0; i < 150; i += 2) {
    CHECK(all.at("predictions").at(i).at("probabilities").at(1).get<double>() ==
          Approx(loudness(rows[1])).margin(1e-5));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(predictions.at(i).at("label") == rows[i].at("label"));
    const auto probabilities = predictions.at(i).at("probabilities").get<std::vector<double>>();
    CHECK(probabilities.at(1) == Approx(loudness(rows[i])).margin(1e-5));
  }
}

TEST_CASE("a model of a class writes no text", "[errors]") {
  TempDir folder;
  const auto path = train("mood", folder, {"train.epochs=1"});
  const auto wrong = run_candor({"generate", path, "--prompt", "tea"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err == "error: model 'notes' is not a language model\n");
}

TEST_CASE("a killed run on a column of text resumes bit-equal", "[resume]") {
  TempDir folder;
  const auto config = write_notes_config(folder, "mood");
  const auto straight = folder / "straight", killed = folder / "killed";
  const std::vector<std::string> words = {"train", config, "train.epochs=40", "--run"};
  const auto into = [&](const fs::path& path) {
    auto line = words;
    line.push_back(path.string());
    return line;
  };
  REQUIRE(run_candor(into(straight)).exit_code == 0);
  {
    auto line = into(killed);
    line.insert(line.begin(), "candor");
    Process process(line);
    const auto rows = [&] {
      const auto text = slurp(killed / "metrics.jsonl");
      return std::count(text.begin(), text.end(), '\n');
    };
    while (process.running() && rows() < 200) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.signal(SIGKILL);
    REQUIRE(process.wait().exit_code == 128 + SIGKILL);
  }
  auto resume = into(killed);
  resume.push_back("--resume");
  const auto ended = run_candor(resume);
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  CHECK(slurp(killed / "model" / "model.safetensors") ==
        slurp(straight / "model" / "model.safetensors"));
  CHECK(slurp(killed / "metrics.jsonl") == slurp(straight / "metrics.jsonl"));
}
