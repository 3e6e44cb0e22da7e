// SPDX-License-Identifier: Apache-2.0
// Language models measured and compared by the real programs.
#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace fs = std::filesystem;

namespace {

// Trains in FOLDER/name.
std::string train(const TempDir& folder, const std::string& config, const std::string& name,
                  const std::vector<std::string>& words = {}) {
  const auto run = (folder / name).string();
  std::vector<std::string> line = {"train", config, "--run", run, "train.steps=20"};
  line.insert(line.end(), words.begin(), words.end());
  const auto trained = run_candor(line);
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  return run;
}

Json evaluated(const std::string& run, const std::vector<std::string>& words) {
  std::vector<std::string> line = {"eval", run, "--json", "evaluate.baseline=null"};
  line.insert(line.end(), words.begin(), words.end());
  const auto report = run_candor(line);
  INFO(report.err);
  REQUIRE(report.exit_code == 0);
  return Json::parse(report.out);
}

double metric(const Json& report, const std::string& name) {
  return report.at("metrics").at(name).at("value").get<double>();
}

Json compared(const std::vector<std::string>& runs) {
  std::vector<std::string> line = {"compare", "--json"};
  line.insert(line.end(), runs.begin(), runs.end());
  const auto result = run_candor(line);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return Json::parse(result.out);
}

// A JSON object on each line, with its text and the language it is in.
std::string write_documents(const TempDir& folder) {
  std::ostringstream lines;
  for (int i = 0; i < 200; ++i) {
    const bool english = i % 2 == 0;
    const auto text = std::string(english ? "the boat number " : "das Boot Nummer ") +
                      std::to_string(i * 7 % 100) + (english ? " is late" : " ist da");
    lines << Json{{"text", text}, {"lang", english ? "en" : "de"}}.dump() << "\n";
  }
  folder.write("documents.jsonl", lines.str());
  return folder.write("documents.json", R"({
  "name": "documents",
  "task": {"type": "language_model"},
  "data": {"type": "text", "files": {"train": "documents.jsonl"}, "documents": "json_lines",
           "split": {"validation": 0.1, "test": 0.3}},
  "model": {"type": "transformer", "layers": 1, "heads": 2, "width": 32, "context": 16},
  "train": {"steps": 20, "batch_size": 8, "optimizer": {"type": "adamw", "learning_rate": 0.01}}
})");
}

}  // namespace

TEST_CASE("sliding windows are measured in training's report and by eval alike", "[train]") {
  const TempDir folder;
  const auto run = train(folder, write_text_config(folder), "run", {"evaluate.sliding_stride=4"});
  const auto report = Json::parse(slurp(fs::path(run) / "report.json"));
  CHECK(report.at("sliding_stride") == 4);
  CHECK(metric(report, "sliding_cross_entropy") != metric(report, "cross_entropy"));
  CHECK(report.at("metrics").at("sliding_perplexity").at("low").is_number());
  const auto again = evaluated(run, {});
  CHECK(again.at("metrics").at("sliding_cross_entropy") ==
        report.at("metrics").at("sliding_cross_entropy"));
  const auto whole = evaluated(run, {"evaluate.sliding_stride=32"});
  CHECK(metric(whole, "sliding_cross_entropy") ==
        Approx(metric(whole, "cross_entropy")).epsilon(1e-5));
  CHECK_FALSE(evaluated(run, {"evaluate.sliding_stride=null"})
                  .at("metrics")
                  .contains("sliding_cross_entropy"));
  const auto longer = run_candor({"eval", run, "evaluate.sliding_stride=33"});
  CHECK(longer.exit_code == 2);
  CHECK(longer.err ==
        "error: command line: evaluate.sliding_stride=33: /evaluate/sliding_stride: found 33, "
        "expected at most "
        "model.context, 32, which is how long a window is; lower it\n");
}

TEST_CASE("two runs with different tokenizers are compared by bits per byte", "[compare]") {
  const TempDir folder;
  const auto config = write_text_config(folder);
  const auto a = train(folder, config, "a");
  const auto b = train(folder, config, "b", {"data.tokenizer={\"type\": \"bpe\", \"size\": 280}"});
  const auto json = compared({a, b});
  const auto& pair = json.at("paired").at(0);
  CHECK(pair.at("reason").is_null());
  CHECK(pair.at("unit") == "parts of the text");
  const auto& bits = pair.at("metrics").at("bits_per_byte");
  const auto value = [&](std::size_t run) {
    return metric(json.at("runs").at(run).at("report"), "bits_per_byte");
  };
  CHECK(bits.at("difference").get<double>() == Approx(value(1) - value(0)));
  CHECK(bits.at("p").is_number());
  CHECK(pair.at("metrics").at("cross_entropy").at("difference").is_null());
  const auto c = train(folder, config, "c", {"data.split.test=0.2"});
  CHECK(compared({a, c}).at("paired").at(0).at("rows").is_null());
}

TEST_CASE("texts in JSON lines are scored by the field that training read", "[predict]") {
  const TempDir folder;
  const auto run = train(folder, write_documents(folder), "run");
  const auto rows = [&](const std::vector<std::string>& words) {
    std::vector<std::string> line = {"predict", run};
    line.insert(line.end(), words.begin(), words.end());
    const auto done = run_candor(line);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    std::vector<Json> found;
    std::istringstream lines(done.out);
    for (std::string text; std::getline(lines, text);) found.push_back(Json::parse(text));
    return found;
  };
  const auto objects = folder.write(
      "new.jsonl", "{\"lang\": \"en\", \"text\": \"the boat\"}\n\n{\"text\": \"is late\"}\n");
  const auto by_field = rows({"--input", objects});
  const auto plain = rows({"--input", folder.write("new.txt", "the boat\nis late\n")});
  REQUIRE(by_field.size() == 2);
  REQUIRE(plain.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    auto a = by_field[i], b = plain[i];
    a.erase("row");
    b.erase("row");
    CHECK(a == b);
  }
  CHECK(by_field[1]["row"] == "new.jsonl:3");
  CHECK(rows({"--input", objects, "--input-format", "text"}).at(0) != by_field.at(0));
  const auto absent =
      run_candor({"predict", run, "--input", folder.write("bad.jsonl", "{\"txt\": \"the\"}\n")});
  CHECK(absent.exit_code == 3);
  CHECK_THAT(
      absent.err,
      CANDOR_CONTAINS("bad.jsonl:1: the object has no field 'text'; the model was trained to "
                      "find a text there; rename the field"));
  const auto csv = folder.write("new.csv", "id,text\n1,the boat\n");
  const auto table = run_candor({"predict", run, "--input", csv});
  CHECK(table.exit_code == 3);
  CHECK_THAT(table.err,
             CANDOR_CONTAINS("error: new.csv: a language model reads texts, one a line"));
  CHECK(rows({"--input", csv, "--input-format", "text"}).size() == 2);
  const auto measured = run_candor({"eval", run, "--data", csv});
  CHECK(measured.exit_code == 3);
  CHECK_THAT(measured.err, CANDOR_CONTAINS("error: new.csv: a language model reads texts"));
}

TEST_CASE("documents are compared one by one, in runs and in reports of eval", "[compare]") {
  const TempDir folder;
  const auto config = write_documents(folder);
  const auto a = train(folder, config, "a"), b = train(folder, config, "b", {"seed=5"});
  const auto pair = compared({a, b}).at("paired").at(0);
  CHECK(pair.at("rows") == 60);
  CHECK(pair.at("unit") == "documents");
  CHECK(pair.at("metrics").at("cross_entropy").at("method") == "document bootstrap");
  const auto out = (folder / "report").string();
  REQUIRE(run_candor({"eval", b, "--out", out}).exit_code == 0);
  const auto again = compared({a, out}).at("paired").at(0).at("metrics");
  for (const auto* name : {"bits_per_byte", "cross_entropy"}) {
    for (const auto* key : {"difference", "low", "high", "p"}) {
      CHECK(again.at(name).at(key) == pair.at("metrics").at(name).at(key));
    }
  }
  CHECK(compared({b, out}).at("paired").at(0).at("identical") == true);
  // Another validation leaves the test documents, and so the comparison, as they are.
  const auto c = train(folder, config, "c", {"data.split.validation=0.2", "seed=3"});
  CHECK(compared({a, c}).at("paired").at(0).at("metrics").at("cross_entropy").at("p").is_number());
  const auto text = run_candor({"compare", a, c}).out;
  CHECK_THAT(text, CANDOR_CONTAINS("\nThe validations are about different rows"));
  CHECK(text.find("The reports") == std::string::npos);
}

TEST_CASE("a report of documents is broken down by fields that training did not name", "[train]") {
  const TempDir folder;
  const auto run = train(folder, write_documents(folder), "run");
  const auto groups = evaluated(run, {"data.groups=[\"lang\"]"}).at("groups").at("lang");
  CHECK(groups.at("en").at("count").get<int>() + groups.at("de").at("count").get<int>() == 60);
  CHECK(groups.at("de").at("metrics").at("cross_entropy").at("value").is_number());
  const auto slip = run_candor({"eval", run, "data.groups=[\"tongue\"]"});
  CHECK(slip.exit_code == 2);
  CHECK_THAT(slip.err, CANDOR_CONTAINS("error: data.groups: no document in "));
  CHECK_THAT(slip.err, CANDOR_CONTAINS(" has the field 'tongue'\n"));
  const auto story = train(folder, write_text_config(folder), "story");
  const auto refused = run_candor({"eval", story, "data.groups=[\"lang\"]"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err ==
        "error: command line: data.groups=[\"lang\"]: /data/groups: data.groups are fields of JSON "
        "objects; set "
        "data.documents to \"json_lines\", or remove it\n");
}
