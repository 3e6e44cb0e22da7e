// SPDX-License-Identifier: Apache-2.0
// Decisions from the config to the answers: trained, stored, predicted, evaluated, served,
// exported.
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/run_program.h"
#include "apps/served.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::Served;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

Json read(const fs::path& path) { return Json::parse(slurp(path)); }

// The small table with a group that the model does not read, trained with `words`.
struct Decided {
  explicit Decided(const std::string& family, std::vector<std::string> words) {
    run = (folder / "run").string();
    std::vector<std::string> line{"train", write_config(family, folder), "--run", run};
    if (family == "table") add_team();
    line.insert(line.end(), words.begin(), words.end());
    trained = run_candor(line);
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }

  // A column "team": a for the first half of the rows, b for the others.
  void add_team() const {
    std::istringstream rows(slurp(folder / "people.csv"));
    std::string text, line;
    for (int row = 0; std::getline(rows, line); ++row) {
      text += line + (row == 0 ? ",team" : row % 2 == 0 ? ",a" : ",b") + "\n";
    }
    folder.write("people.csv", text);
  }

  candor::test::Outcome predict(const std::string& input,
                                std::vector<std::string> words = {}) const {
    candor::test::RunOptions options;
    options.input = input;
    words.insert(words.begin(), {"predict", run, "--input", "-"});
    return run_candor(words, options);
  }
  Json answer(const std::string& input) const {
    const auto done = predict(input);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return Json::parse(done.out);
  }
  Json rule() const { return read(fs::path(run) / "model" / "decision.json"); }

  TempDir folder;
  std::string run;
  candor::test::Outcome trained;
};

const std::string kRow = R"({"age": 44, "income": 31000, "city": "Bergen", "team": "a"})";

const std::vector<std::string> kAll = {
    "train.epochs=8",
    "+data.columns.team={\"use\": \"ignore\"}",
    "data.groups=[\"team\"]",
    "data.split.calibration=0.25",
    R"(task.threshold={"maximize": "f1"})",
    R"(calibration={"method": "temperature", "conformal": {"alpha": 0.2, "group": "team"}, "abstain": {"coverage": 0.8}})"};

// All parts, trained once.
const Decided& all_parts() {
  static const Decided decided("table", kAll);
  return decided;
}

}  // namespace

TEST_CASE("training keeps calibration rows and stores what was fitted on them", "[decisions]") {
  const auto& decided = all_parts();
  const auto rule = decided.rule();
  CHECK(rule["classes"] == 2);
  CHECK(rule["rows"] == 60);
  CHECK(rule["threshold"]["chosen_by"] == "maximum of f1");
  CHECK(rule["calibration"]["method"] == "temperature");
  CHECK(rule["conformal"]["group"] == "team");
  CHECK(rule["conformal"]["groups"].size() == 2);
  CHECK(rule["abstain"]["chosen_by"] == "coverage of at least 0.8");
  CHECK_THAT(slurp(fs::path(decided.run) / "log.txt"), CANDOR_CONTAINS("60 for calibration"));
  const auto report = read(fs::path(decided.run) / "report.json");
  CHECK(report["count"] == 48);
  CHECK(report["decision"]["rule"].size() == 4);
  CHECK(report["decision"]["metrics"].contains("set_coverage"));
  CHECK(report["decision"]["metrics"].contains("accuracy_answered"));
  CHECK(read(fs::path(decided.run) / "model" / "MANIFEST.json")["files"].contains("decision.json"));
}

TEST_CASE("predict, serve and eval decide alike", "[decisions][serve]") {
  const auto& decided = all_parts();
  const auto written = decided.answer(kRow + "\n");
  const auto threshold = decided.rule()["threshold"]["value"].get<double>();
  CHECK(written["label"] ==
        (written["probabilities"]["yes"].get<double>() >= threshold ? "yes" : "no"));
  CHECK(written["prediction_set"].is_array());
  CHECK(written["abstained"].is_boolean());
  Served server({"people=" + decided.run});
  REQUIRE(server.port != 0);
  const auto served = server.post("/v1/models/people:predict", "{\"instances\": [" + kRow + "]}");
  INFO(served.body);
  REQUIRE(served.status == 200);
  const auto answer = Json::parse(served.body)["predictions"][0];
  CHECK(answer["label"] == written["label"]);
  CHECK(answer["prediction_set"] == written["prediction_set"]);
  CHECK(answer["abstained"] == written["abstained"]);
  CHECK_THAT(server.get("/v2/models/people").body, CANDOR_CONTAINS("\"name\":\"team\""));
  // The report again, from the model directory.
  const auto evaluated = run_candor({"eval", decided.run, "--json"});
  INFO(evaluated.err);
  REQUIRE(evaluated.exit_code == 0);
  const auto again = Json::parse(evaluated.out);
  const auto report = read(fs::path(decided.run) / "report.json");
  CHECK(again["metrics"]["accuracy"]["value"] == report["metrics"]["accuracy"]["value"]);
  CHECK(again["decision"] == report["decision"]);
}

TEST_CASE("as CSV the parts are columns, and a group of its own is one of the input",
          "[decisions]") {
  const auto& decided = all_parts();
  const auto csv = decided.folder.write("new.csv", "age,income,city,team\n44,31000,Bergen,a\n");
  const auto done = run_candor({"predict", decided.run, "--input", csv, "--output-format", "csv"});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(done.out.starts_with("row,label,p_no,p_yes,prediction_set,abstained\nnew.csv:2,"));
  const auto json = decided.answer(kRow + "\n");
  CHECK_THAT(done.out, CANDOR_CONTAINS(json["label"].get<std::string>()));
  CHECK_THAT(done.out, CANDOR_CONTAINS(json["abstained"].get<bool>() ? ",true\n" : ",false\n"));
  const auto without = decided.folder.write("less.csv", "age,income,city\n44,31000,Bergen\n");
  const auto refused = run_candor({"predict", decided.run, "--input", without});
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, CANDOR_CONTAINS("column 'team' is missing; the model needs it"));
}

TEST_CASE("a row without its group gets every class in its set", "[decisions]") {
  const auto answer =
      all_parts().answer(R"({"age": 44, "income": 31000, "city": "Bergen", "team": null})"
                         "\n");
  CHECK(answer["prediction_set"] == Json{"no", "yes"});
}

TEST_CASE("an export has the decision beside it", "[decisions]") {
  const auto& decided = all_parts();
  const auto out = (decided.folder / "out").string();
  const auto done = run_candor({"export", decided.run, "--format", "torchscript", "--out", out});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  CHECK(slurp(fs::path(out) / "decision.json") ==
        slurp(fs::path(decided.run) / "model" / "decision.json"));
}

TEST_CASE("a decision.json that the manifest does not list, or another's, is refused",
          "[decisions]") {
  const TempDir folder;
  const auto model = (folder / "model").string();
  fs::copy(fs::path(all_parts().run) / "model", model);
  const auto path = fs::path(model) / "decision.json";
  auto rule = read(path);
  rule["threshold"]["value"] = 0.9;
  std::ofstream(path) << rule.dump();
  const auto changed = run_candor({"predict", model, "--input", "-"});
  CHECK(changed.exit_code == 4);
  CHECK_THAT(changed.err, CANDOR_CONTAINS("decision.json"));
  auto manifest = read(fs::path(model) / "MANIFEST.json");
  manifest["files"].erase("decision.json");
  std::ofstream(fs::path(model) / "MANIFEST.json") << manifest.dump();
  const auto unlisted = run_candor({"predict", model, "--input", "-"});
  CHECK(unlisted.exit_code == 4);
  CHECK_THAT(unlisted.err, CANDOR_CONTAINS("decision.json"));
}

TEST_CASE("a fixed threshold decides without calibration rows", "[decisions]") {
  const Decided decided("table", {"train.epochs=3", "task.threshold=0.9"});
  CHECK(
      decided.rule().dump() ==
      R"({"classes":2,"format_version":1,"rows":0,"threshold":{"chosen_by":"fixed","value":0.9}})");
  const auto answer = decided.answer(kRow + "\n");
  CHECK((answer["probabilities"]["yes"] >= 0.9) == (answer["label"] == "yes"));
  CHECK_FALSE(answer.contains("prediction_set"));
}

TEST_CASE("without decisions in the config there is no file, and answers are as before",
          "[decisions]") {
  const Decided decided("table", {"train.epochs=2"});
  CHECK_FALSE(fs::exists(fs::path(decided.run) / "model" / "decision.json"));
  const auto answer = decided.answer(kRow + "\n");
  CHECK(answer.size() == 3);  // row, label, probabilities
  CHECK_FALSE(read(fs::path(decided.run) / "report.json").contains("decision"));
}

TEST_CASE("without calibration rows the folds of a cross-validation give the sets",
          "[decisions][serve]") {
  const Decided decided(
      "table", {"train.epochs=5", "+data.columns.team={\"use\": \"ignore\"}",
                "data.groups=[\"team\"]", "cross_validation={\"folds\": 3}",
                R"(calibration={"conformal": {"method": "aps", "alpha": 0.2, "group": "team"}})"});
  const auto conformal = decided.rule()["conformal"];
  CHECK(conformal["folds"] == 3);
  CHECK(conformal["method"] == "aps");
  CHECK(conformal["groups"].size() == 2);
  // Every row but those of the test calibrates: each once, by the model that had not seen it.
  const auto run = fs::path(decided.run);
  CHECK(conformal["rows"] == read(run / "cross_validation.json")["rows"]);
  CHECK_FALSE(fs::exists(run / "folds" / "fold-01" / "model" / "decision.json"));
  const auto report = read(run / "report.json");
  CHECK_THAT(report["decision"]["rule"].dump(), CANDOR_CONTAINS("nothing is proven of this model"));
  const auto& coverage = report["decision"]["metrics"]["set_coverage"];
  CHECK(coverage["value"] > 0.6);  // of 48 rows; tests/core/decide measures it on more
  CHECK(coverage["method"] == "wilson");
  CHECK(report["decision"]["groups"]["team"]["a"]["metrics"]["set_coverage"]["method"] == "wilson");
  for (const auto* name : {"report.md", "report.html"}) {
    CHECK_THAT(slurp(run / name), CANDOR_CONTAINS("nothing is proven of this model"));
  }
  // One rule, wherever it is applied.
  const auto evaluated = run_candor({"eval", decided.run, "--json"});
  INFO(evaluated.err);
  REQUIRE(evaluated.exit_code == 0);
  CHECK(Json::parse(evaluated.out)["decision"] == report["decision"]);
  Served server({"people=" + decided.run});
  REQUIRE(server.port != 0);
  const auto served = server.post("/v1/models/people:predict", "{\"instances\": [" + kRow + "]}");
  INFO(served.body);
  REQUIRE(served.status == 200);
  CHECK(Json::parse(served.body)["predictions"][0]["prediction_set"] ==
        decided.answer(kRow + "\n")["prediction_set"]);
}

TEST_CASE("regression: the folds give intervals too", "[decisions]") {
  const Decided decided("regression", {"train.epochs=20", "cross_validation={\"folds\": 3}",
                                       R"(calibration={"conformal": {"alpha": 0.2}})"});
  CHECK(decided.rule()["conformal"]["folds"] == 3);
  const auto answer = decided.answer("{\"a\": 50, \"b\": 20}\n");
  CHECK(answer["low"] < answer["value"]);
  CHECK(read(fs::path(decided.run) /
             "report.json")["decision"]["metrics"]["interval_coverage"]["value"] > 0.6);
}

TEST_CASE("what cannot be fitted is found before training, and leaves nothing", "[decisions]") {
  const TempDir folder;
  const auto config = write_config("table", folder);
  const auto run = (folder / "run").string();
  const auto refused = [&](std::vector<std::string> words, bool dry) {
    words.insert(words.begin(), {"train", config, "--run", run});
    if (dry) words.insert(words.begin() + 2, "--dry-run");
    const auto done = run_candor(words);
    CHECK(done.exit_code == 3);
    CHECK_FALSE(fs::exists(run));
    return done.err;
  };
  for (const bool dry : {false, true}) {
    CHECK_THAT(
        refused({"data.split.calibration=0.05", R"(calibration={"conformal": {"alpha": 0.02}})"},
                dry),
        CANDOR_CONTAINS("calibration.conformal.alpha 0.02 needs 49 calibration rows of "
                        "data.split.calibration; there are 12; raise "
                        "data.split.calibration, or set alpha to 0.077 or more"));
    CHECK_THAT(refused({"cross_validation={\"folds\": 3}",
                        R"(calibration={"conformal": {"alpha": 0.001}})"},
                       dry),
               CANDOR_CONTAINS("needs 999 rows that cross_validation holds out; there are 192"));
    // Enough for the model, too few in a fold.
    CHECK_THAT(refused({"cross_validation={\"folds\": 2}", "data.split.calibration=0.1",
                        R"(calibration={"conformal": {"alpha": 0.05}})"},
                       dry),
               CANDOR_CONTAINS("fold 1 of 2: calibration.conformal.alpha 0.05 needs 19"));
  }
}

TEST_CASE("thresholds by group need the group of every row", "[decisions][serve]") {
  const Decided decided(
      "table", {"train.epochs=5", "+data.columns.team={\"use\": \"ignore\"}",
                "data.groups=[\"team\"]", "data.split.calibration=0.25",
                R"(calibration={"group_thresholds": {"group": "team", "max_difference": 0.1}})"});
  CHECK(decided.rule()["group_thresholds"]["groups"].size() == 2);
  CHECK(decided.answer(kRow + "\n").contains("label"));
  const auto missing =
      decided.predict(R"({"age": 44, "income": 31000, "city": "Bergen", "team": null})"
                      "\n");
  CHECK(missing.exit_code == 3);
  CHECK_THAT(missing.err,
             CANDOR_CONTAINS("standard input:1: column 'team': a group the thresholds do not know; "
                             "allowed: a, b"));
  Served server({"people=" + decided.run});
  REQUIRE(server.port != 0);
  const auto refused = server.post(
      "/v1/models/people:predict",
      R"({"instances": [{"age": 44, "income": 31000, "city": "Bergen", "team": "secret-4711"}]})");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, CANDOR_CONTAINS("allowed: a, b"));
  CHECK(refused.body.find("secret-4711") == std::string::npos);
}

TEST_CASE("regression: intervals in the unit of the target", "[decisions]") {
  const Decided decided("regression", {"train.epochs=20", "data.split.calibration=0.25",
                                       R"(calibration={"conformal": {"alpha": 0.1}})"});
  const auto answer = decided.answer("{\"a\": 50, \"b\": 20}\n");
  CHECK(answer["low"] < answer["value"]);
  CHECK(answer["value"] < answer["high"]);
  const auto report = read(fs::path(decided.run) / "report.json");
  CHECK(report["decision"]["metrics"]["interval_coverage"]["value"] > 0.75);
}

TEST_CASE("other class frequencies move a report, not the model", "[decisions]") {
  const auto& decided = all_parts();
  const auto plain = run_candor({"eval", decided.run, "--json"});
  const auto moved = run_candor(
      {"eval", decided.run, "--json", R"(evaluate.priors={"given": {"yes": 0.05, "no": 0.95}})"});
  INFO(moved.err);
  REQUIRE(moved.exit_code == 0);
  CHECK(Json::parse(moved.out)["metrics"]["log_loss"]["value"] !=
        Json::parse(plain.out)["metrics"]["log_loss"]["value"]);
  CHECK_THAT(moved.out, CANDOR_CONTAINS("class frequencies: given"));
  const auto estimated = run_candor({"eval", decided.run, "--json", "evaluate.priors={}"});
  INFO(estimated.err);
  REQUIRE(estimated.exit_code == 0);
  CHECK_THAT(estimated.out, CANDOR_CONTAINS("class frequencies: estimated on 48 rows"));
}
