// SPDX-License-Identifier: Apache-2.0
#include <candor/predictions.h>

#include "core/base/json.h"
#include "core/metrics/report.h"
#include "support/catch.h"
#include "support/json_schema.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

// `rows` rows of two groups; the score is right more often than not, less so in group b.
std::string scores(int rows, const std::string& head = "id,label,score,group") {
  auto text = head + "\n";
  for (int i = 0; i < rows; ++i) {
    const bool positive = i % 3 == 0;
    const bool b = i % 2 == 0;
    const bool wrong = i % (b ? 5 : 11) == 0;
    const auto score = (positive != wrong ? 0.6 : 0.1) + 0.3 * ((i * 37) % 100) / 100.0;
    text += std::to_string(i) + (positive ? ",1," : ",0,") + std::to_string(score) +
            (b ? ",b\n" : ",a\n");
  }
  return text;
}

Json report_of(const std::string& file, PredictionsOptions options = {}) {
  options.json = true;
  return Json::parse(evaluate_predictions(file, options).text);
}

// COMPAS-like: a decile, and whether it came true.
std::string deciles() {
  std::string text = "label,score,race\n";
  for (int i = 0; i < 400; ++i) {
    const int decile = 1 + i % 10;
    text += std::string((i * 7) % 10 < decile ? "1," : "0,") + std::to_string(decile) +
            (i % 20 < 10 ? ",x\n" : ",y\n");
  }
  return text;
}

std::vector<std::string> schema_faults(const Json& report) {
  const auto schema = Json::parse(slurp(source_dir() + "/docs/report.schema.json"));
  return SchemaCheck(schema).faults(report);
}

}  // namespace

TEST_CASE("a file of scores gets the report that a model gets", "[predictions]") {
  const TempDir folder;
  PredictionsOptions options;
  options.groups = {"group"};
  const auto report = report_of(folder.write("scores.csv", scores(300)), options);
  CHECK(report.at("model") == "scores.csv");
  CHECK(report.at("split") == "scores");
  CHECK(report.at("count") == 300);
  CHECK(report.at("data").at(0).at("part") == "predictions");
  CHECK(report.at("metrics").at("accuracy").at("method") == "wilson");
  CHECK(report.at("metrics").at("roc_auc").at("low") <
        report.at("metrics").at("roc_auc").at("value"));
  CHECK(report.at("groups").at("group").at("b").at("count") == 150);
  CHECK(report.at("gaps").contains("group"));
  CHECK(report.at("threshold").is_null());
  CHECK(report.at("findings").at(0) == "The score is taken to speak for the class '1'.");
}

TEST_CASE("a threshold changes decisions, and neither order nor calibration", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(300));
  PredictionsOptions options;
  options.threshold = 0.15;
  const auto plain = report_of(file), moved = report_of(file, options);
  CHECK(moved.at("threshold") == Json{{"value", 0.15}, {"chosen_by", "--threshold"}});
  CHECK(moved.at("metrics").at("accuracy").at("value") !=
        plain.at("metrics").at("accuracy").at("value"));
  for (const auto* same :
       {"roc_auc", "average_precision", "log_loss", "brier", "ece", "rms_calibration_error"}) {
    INFO(same);
    CHECK(moved.at("metrics").at(same) == plain.at("metrics").at(same));
  }
  options.json = false;
  CHECK_THAT(evaluate_predictions(file, options).text,
             CANDOR_CONTAINS("decided by threshold 0.15 (--threshold)"));
}

TEST_CASE("a threshold of one half decides as no threshold does", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(300));
  PredictionsOptions options;
  options.threshold = 0.5;
  options.groups = {"group"};
  auto with = report_of(file, options);
  options.threshold.reset();
  const auto without = report_of(file, options);
  CHECK(with["decided_by"] == "threshold 0.5 (--threshold)");
  CHECK(without.at("decided_by") == "the most probable class");
  with["threshold"] = nullptr;
  with["decided_by"] = without.at("decided_by");
  CHECK(with == without);
}

TEST_CASE("deciles are ranked and decided on, and calibration says why not", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("deciles.csv", deciles());
  PredictionsOptions options;
  options.groups = {"race"};
  auto report = report_of(file, options);
  CHECK(report.at("ranking") == true);
  CHECK(report.at("metrics").at("roc_auc").at("value").is_number());
  CHECK(report.at("metrics").at("accuracy").at("reason") ==
        "a ranking decides nothing without a threshold");
  CHECK(report.at("per_class").empty());
  CHECK(report.at("confusion").at("matrix").empty());
  CHECK(report.at("groups").at("race").at("x").at("metrics").at("selection_rate").at("value") ==
        nullptr);
  CHECK(report.at("groups").at("race").at("x").at("metrics").at("roc_auc").at("value").is_number());
  options.threshold = 5;
  report = report_of(file, options);
  CHECK(report.at("metrics").at("accuracy").at("value").is_number());
  for (const auto* name : {"log_loss", "brier", "ece", "rms_calibration_error"}) {
    INFO(name);
    CHECK(report.at("metrics").at(name).at("value").is_null());
    CHECK(report.at("metrics").at(name).at("reason") ==
          "the scores are a ranking, not probabilities");
  }
  const auto& group = report.at("groups").at("race").at("x").at("metrics");
  CHECK(group.at("selection_rate").at("value").is_number());
  CHECK(group.at("log_loss").at("value").is_null());
  CHECK(group.at("calibration_gap").at("value").is_null());
}

TEST_CASE("gates judge predictions as they judge models", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(300));
  PredictionsOptions options;
  options.groups = {"group"};
  options.words = {"+evaluate.gates.accuracy={\"min\":0.5}"};
  CHECK(evaluate_predictions(file, options).passed);
  options.words = {"+evaluate.gates.accuracy={\"min\":0.99}"};
  const auto failed = evaluate_predictions(file, options);
  CHECK_FALSE(failed.passed);
  CHECK_THAT(failed.text, CANDOR_CONTAINS("FAIL  accuracy"));
}

TEST_CASE("words are of the evaluation only, and are read strictly", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(30));
  const auto refusal = [&](const std::string& word) {
    PredictionsOptions options;
    options.words = {word};
    const auto error = error_of([&] { evaluate_predictions(file, options); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::config);
    return std::string(error->what());
  };
  CHECK(refusal("train.epochs=3") ==
        "'train.epochs' means nothing for a file of predictions; words are evaluate.*");
  CHECK_THAT(refusal("evaluate.confidance=0.9"), CANDOR_CONTAINS("confidence"));
  CHECK_THAT(refusal("+evaluate.gates.rmse={\"max\":1}"), CANDOR_CONTAINS("rmse"));
  CHECK_THAT(refusal("+evaluate.gates.recall:maybe={\"min\":0.5}"),
             CANDOR_CONTAINS("/evaluate/gates/recall:maybe: 'maybe' is not a class; allowed: "));
}

TEST_CASE("one class leaves the area undefined, with a reason", "[predictions]") {
  const TempDir folder;
  const auto report = report_of(folder.write("one.csv", "label,score\n0,0.1\n0,0.7\n0,0.2\n"));
  CHECK(report.at("metrics").at("roc_auc").at("value").is_null());
  CHECK_FALSE(report.at("metrics").at("roc_auc").at("reason").get<std::string>().empty());
}

TEST_CASE("--out has the four files, which are kept and can be read back", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(60));
  PredictionsOptions options;
  options.groups = {"group"};
  options.out = (folder / "out").string();
  options.json = true;
  const auto first = Json::parse(evaluate_predictions(file, options).text);
  for (const auto* name : {"report.json", "report.html", "report.md", "predictions/scores.jsonl"}) {
    INFO(name);
    CHECK(std::filesystem::is_regular_file(folder / "out" / name));
  }
  CHECK(Json::parse(slurp(folder / "out/report.json")) == first);
  const auto error = error_of([&] { evaluate_predictions(file, options); });
  REQUIRE(error);
  CHECK(error->what() == (folder / "out/report.json").string() +
                             ": exists already; pass --overwrite or another --out");
  options.overwrite = true;
  evaluate_predictions(file, options);

  PredictionsOptions again;
  again.groups = {"group"};
  const auto second = report_of((folder / "out/predictions/scores.jsonl").string(), again);
  CHECK(second.at("metrics") == first.at("metrics"));
  CHECK(second.at("groups") == first.at("groups"));
}

TEST_CASE("reports of every kind keep the committed schema", "[predictions]") {
  const TempDir folder;
  PredictionsOptions grouped, decided;
  grouped.groups = {"group"};
  grouped.words = {"+evaluate.gates.accuracy={\"min\":0.99}"};
  decided.threshold = 5;
  const auto three = folder.write("three.csv", "label,p_a,p_b,p_c\nb,0.2,0.5,0.3\nc,0.1,0.1,0.8\n");
  const auto numbers =
      folder.write("numbers.csv", "label,prediction,weight\n1,1.5,1\n2,2.5,2\n4,3,1\n");
  for (const auto& report :
       {report_of(folder.write("scores.csv", scores(300)), grouped), report_of(three),
        report_of(folder.write("deciles.csv", deciles()), decided), report_of(numbers)}) {
    CHECK(schema_faults(report) == std::vector<std::string>{});
  }
}

TEST_CASE("a language model's report keeps the schema too", "[predictions]") {
  Scored text;
  text.kind = OutputKind::language_model;
  for (int i = 0; i < 600; ++i) text.nll.push_back(1.0 + (i * 37 % 11) / 10.0);
  text.entropy = text.nll;
  text.bytes = 1800;
  for (int i = 0; i < 600; i += 20) text.document_starts.push_back(i);
  text.baseline = ScoredBaseline{3, 1000, 100, "validation", text.nll, ""};
  CHECK(schema_faults(report_json(make_report(text, EvaluateConfig{}))) ==
        std::vector<std::string>{});
  text.sliding_nll = text.nll;
  text.sliding_stride = 2;
  text.tokenizer = "aa";
  CHECK(schema_faults(report_json(make_report(text, EvaluateConfig{}))) ==
        std::vector<std::string>{});
}

TEST_CASE("a report with a rule for decisions keeps the schema", "[predictions]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (int i = 0; i < 40; ++i) {
    scored.target.push_back(i % 2);
    scored.probabilities.insert(scored.probabilities.end(), {0.6f, 0.4f});
    scored.decided.push_back(1);
  }
  scored.threshold = DecisionThreshold{0.3, "maximum of f1"};
  auto& decision = scored.decision.emplace();
  decision.rule = {"threshold 0.3 (maximum of f1)"};
  Metric coverage;
  coverage.name = "set_coverage";
  decision.metrics = {coverage};
  decision.groups = {{"sex", "F", 40, {coverage}}};
  decision.frequencies.emplace_back().label = "yes";
  const auto report = report_json(make_report(scored, EvaluateConfig{}));
  CHECK(report["decision"]["groups"]["sex"]["F"]["count"] == 40);
  CHECK(schema_faults(report) == std::vector<std::string>{});
}

TEST_CASE("the schema's check sees what breaks it", "[predictions]") {
  const TempDir folder;
  auto report = report_of(folder.write("scores.csv", scores(40)));
  report.erase("count");
  report["metrics"]["accuracy"]["better"] = "up";
  report["metrics"]["accuracy"]["extra"] = 1;
  report["confidence"] = 2;
  CHECK(schema_faults(report) ==
        std::vector<std::string>{"/: lacks \"count\"", "/confidence: is too large",
                                 "/metrics/accuracy/better: is not allowed",
                                 "/metrics/accuracy/extra: is not in the schema"});
}

TEST_CASE("five lines of scikit-learn's making are read", "[predictions]") {
  // What pandas writes of DataFrame({"id": ..., "label": y_test, "score": p, "sex": ...}) with
  // index=False, as docs/eval.md shows.
  const TempDir folder;
  const auto file = folder.write("predictions.csv",
                                 "id,label,score,sex\n"
                                 "455,1,0.9999998807907104,Female\n"
                                 "17,0,1.3e-05,Male\n"
                                 "201,1,0.7310585786300049,Male\n"
                                 "8,0,0.268941421369995,Female\n");
  PredictionsOptions options;
  options.groups = {"sex"};
  const auto report = report_of(file, options);
  CHECK(report.at("count") == 4);
  CHECK(report.at("metrics").at("accuracy").at("value") == 1.0);
  CHECK(report.at("groups").at("sex").at("Male").at("count") == 2);
}

TEST_CASE("answers of candor predict are not taken for rows with their truth", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("ans.csv", "row,label,p_no,p_yes\na.csv:2,yes,0.1,0.9\n");
  const auto error = error_of([&] { evaluate_predictions(file, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        file +
            ": these are answers of candor predict, whose label is what the model says and not the "
            "truth; evaluate the model itself (candor eval MODEL --data FILE), or put the true "
            "classes into label and call row id");
}

TEST_CASE("priors of a file of predictions are refused", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", scores(60));
  PredictionsOptions options;
  options.words = {"evaluate.priors={}"};
  const auto error = error_of([&] { evaluate_predictions(file, options); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "evaluate.priors: how often classes came in training is not known of a file of "
        "predictions; leave it out");
}
