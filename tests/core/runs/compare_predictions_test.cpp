// SPDX-License-Identifier: Apache-2.0
#include <candor/compare.h>

#include "core/base/files.h"
#include "core/predictions/report_files.h"
#include "core/runs/comparison.h"
#include "core/runs/made_runs.h"
#include "core/runs/paired.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

// 200 rows, of which the first `wrong` have a score on the wrong side of one half.
std::string scores(int wrong, bool ids = true, int rows = 200) {
  std::string text = ids ? "id,label,score\n" : "label,score\n";
  for (int i = 0; i < rows; ++i) {
    const bool positive = i % 2 == 0;
    const bool high = positive != (i < wrong);
    const auto score = (high ? 0.6 : 0.2) + 0.001 * (i * 37 % 100);
    if (ids) text += "row" + std::to_string(i) + ",";
    text += std::string(positive ? "1," : "0,") + std::to_string(score) + "\n";
  }
  return text;
}

// The lines behind the first in the other order.
std::string reversed(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end + 1 - begin));
    begin = end + 1;
  }
  std::reverse(lines.begin() + 1, lines.end());
  std::string result;
  for (const auto& line : lines) result += line;
  return result;
}

Json compared(const std::vector<std::string>& paths, CompareOptions options = {}) {
  options.json = true;
  return Json::parse(compare_runs(paths, options).text);
}

const Json& accuracy_of(const Json& comparison, std::size_t pair = 0) {
  return comparison.at("paired").at(pair).at("metrics").at("accuracy");
}

}  // namespace

TEST_CASE("two files about the same rows are tested in pairs", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40)), b = folder.write("b.csv", scores(10));
  const auto json = compared({a, b});
  const auto& pair = json.at("paired").at(0);
  CHECK(pair.at("rows") == 200);
  CHECK(pair.at("reason").is_null());
  const auto& accuracy = accuracy_of(json);
  CHECK(accuracy.at("difference").get<double>() == Approx(0.15));
  CHECK(accuracy.at("method") == "newcombe, mcnemar");
  CHECK(accuracy.at("p").get<double>() == Approx(std::ldexp(1.0, -29)));  // 30 against 0
  CHECK(accuracy.at("p_holm") == accuracy.at("p"));
  CHECK(pair.at("metrics").at("roc_auc").at("method") == "delong");
  CHECK_THAT(accuracy.at("sentence").get<std::string>(),
             CANDOR_CONTAINS("b.csv is better than a.csv in accuracy by 0.1500 ["));
  CHECK_THAT(accuracy.at("sentence").get<std::string>(), CANDOR_CONTAINS("], p below 0.001"));
  CHECK_THAT(pair.at("metrics").at("log_loss").at("sentence").get<std::string>(),
             CANDOR_CONTAINS("b.csv is better than a.csv in log_loss by "));
}

TEST_CASE("runs with different positive classes are told so, and none is the best by them",
          "[runs]") {
  Comparison comparison;
  comparison.runs.resize(3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const auto* name : {"precision", "accuracy"}) {
      Metric metric;
      metric.name = name;
      metric.value = 0.5 + 0.1 * static_cast<double>(i);
      comparison.runs[i].metrics.push_back(metric);
    }
  }
  comparison.runs[0].positive = comparison.runs[1].positive = "denied";
  CHECK(different_positives(comparison).empty());
  CHECK(best_reported(comparison, "precision") == 2);
  comparison.runs[2].positive = "approved";
  CHECK(different_positives(comparison) ==
        "The runs have different positive classes, so that precision, recall, f1 and "
        "average_precision of the reports do not compare, and no run is called the best by them; "
        "paired tests take that of A.");
  CHECK_FALSE(best_reported(comparison, "precision"));
  CHECK(best_reported(comparison, "accuracy") == 2);
}

TEST_CASE("rows are matched by their ids, in whatever order they stand", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40));
  const auto b = folder.write("b.csv", scores(10)),
             turned = folder.write("c.csv", reversed(scores(10)));
  const auto one = compared({a, b}).at("paired").at(0).at("metrics");
  const auto other = compared({a, turned}).at("paired").at(0).at("metrics");
  for (const auto& [name, metric] : one.items()) {
    INFO(name);
    for (const auto* key : {"difference", "low", "high", "p"}) {
      CHECK(metric.at(key) == other.at(name).at(key));
    }
  }
}

TEST_CASE("the same predictions twice are called the same, and nothing is tested", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40)), b = folder.write("b.csv", reversed(scores(40)));
  const auto json = compared({a, b});
  const auto& pair = json.at("paired").at(0);
  CHECK(pair.at("identical") == true);
  CHECK(pair.at("rows") == 200);
  CHECK(pair.at("metrics").empty());
  CompareOptions options;
  options.html = true;
  const auto result = compare_runs({a, b}, options);
  const std::string same =
      "the same probabilities and labels on every one of 200 rows, so that there is nothing to "
      "test";
  CHECK_THAT(result.text, CANDOR_CONTAINS("\nA and B: " + same + "\n"));
  CHECK(result.text.find("no difference can be told") == std::string::npos);
  CHECK_THAT(result.html, CANDOR_CONTAINS("a.csv and b.csv: " + same));
  CHECK(compared({a, folder.write("c.csv", scores(41))}).at("paired").at(0).at("identical") ==
        false);
}

TEST_CASE("files that cannot be paired say why, and show their intervals alone", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40));
  const auto why = [&](const std::string& other) {
    const auto json = compared({a, folder.write("b.csv", other)});
    CHECK(json.at("paired").at(0).at("rows").is_null());
    CHECK(json.at("paired").at(0).at("metrics").empty());
    return json.at("paired").at(0).at("reason").get<std::string>();
  };
  CHECK(why(scores(10, false)) == "b.csv has no column 'id' to match rows by");
  CHECK(why(scores(10, true, 150)) ==
        "they are not about the same rows: 150 of 200 and 150 ids are in both");
  auto other = scores(10);
  other.replace(other.find("row7,0"), 6, "row7,1");
  CHECK(
      why(other) ==
      "they are about different data: the label of row 'row7' is '0' in one and '1' in the other");
  CHECK(why("id,label,prediction\nrow0,1,1\nrow1,0,1\n") ==
        "one predicts classes, the other a number");
  CHECK(why("id,label,p_a,p_b\nrow0,a,0.5,0.5\n").find("they are not about the same rows") == 0);

  const auto text = compare_runs({a, (folder / "b.csv").string()}, {}).text;
  CHECK_THAT(text,
             CANDOR_CONTAINS("A and B: not tested in pairs, they are not about the same rows"));
}

TEST_CASE("several are each compared with the first, and corrected after Holm", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(20));
  const auto b = folder.write("b.csv", scores(14)), c = folder.write("c.csv", scores(13));
  const auto json = compared({a, b, c});
  REQUIRE(json.at("paired").size() == 2);
  const auto p0 = accuracy_of(json, 0).at("p").get<double>();
  const auto p1 = accuracy_of(json, 1).at("p").get<double>();
  CHECK(p0 == Approx(std::ldexp(1.0, -5)));  // 6 against 0
  CHECK(p1 == Approx(std::ldexp(1.0, -6)));  // 7 against 0
  CHECK(accuracy_of(json, 1).at("p_holm").get<double>() == Approx(2 * p1));
  CHECK(accuracy_of(json, 0).at("p_holm").get<double>() == Approx(2 * p1));
  const auto text = compare_runs({a, b, c}, {}).text;
  CHECK_THAT(text, CANDOR_CONTAINS(
                       "p is corrected for the number of comparisons (Holm), metric by metric."));
}

TEST_CASE("all pairs are tested when that is asked for, and corrected together", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(20));
  const auto b = folder.write("b.csv", scores(14)), c = folder.write("c.csv", scores(13));
  CompareOptions options;
  options.all_pairs = true;
  const auto json = compared({a, b, c}, options);
  REQUIRE(json.at("paired").size() == 3);
  const auto of = [&](std::size_t pair, const char* key) {
    return json.at("paired").at(pair).at(key).get<std::string>();
  };
  CHECK(of(0, "first") + of(0, "other") == "a.csvb.csv");
  CHECK(of(1, "first") + of(1, "other") == "a.csvc.csv");
  CHECK(of(2, "first") + of(2, "other") == "b.csvc.csv");
  const auto first = compared({a, b, c});
  REQUIRE(first.at("paired").size() == 2);
  CHECK(accuracy_of(json, 0).at("p") == accuracy_of(first, 0).at("p"));
  // 6 to 0, 7 to 0 and 1 to 0: Holm over three.
  CHECK(accuracy_of(json, 1).at("p_holm").get<double>() == Approx(3 * std::ldexp(1.0, -6)));
  CHECK(accuracy_of(json, 0).at("p_holm").get<double>() == Approx(2 * std::ldexp(1.0, -5)));
  CHECK(accuracy_of(json, 2).at("p_holm").get<double>() == 1.0);
  options.json = false;
  CHECK_THAT(compare_runs({a, b, c}, options).text, CANDOR_CONTAINS("\nB and C on the same 200"));
}

TEST_CASE("a run's own predictions stand against a file", "[runs]") {
  const TempDir folder;
  make_finished(folder / "run", run_config(), 0.7);
  Scored scored;
  scored.labels = {"no", "yes"};
  std::string file = "id,label,score\n";
  for (int i = 0; i < 100; ++i) {
    const bool positive = i % 2 == 0;
    const auto p = positive == (i >= 20) ? 0.75f : 0.25f;
    scored.ids.push_back("people.csv:" + std::to_string(i + 2));
    scored.target.push_back(positive);
    scored.probabilities.insert(scored.probabilities.end(), {1.0f - p, p});
    file += scored.ids.back() + (positive ? ",yes,0.9\n" : ",no,0.1\n");
  }
  auto report = make_report(scored, EvaluateConfig{});
  report.split = "test";
  write_report(folder / "run", report, scored);
  const auto boosting = folder.write("boosting.csv", file);
  for (const auto& run : {(folder / "run").string(), (folder / "run/model").string(),
                          (folder / "run/report.json").string()}) {
    INFO(run);
    const auto json = compared({boosting, run});
    CHECK(json.at("runs").at(0).at("state") == "predictions");
    CHECK(json.at("runs").at(1).at("state") == "finished");
    CHECK(json.at("paired").at(0).at("rows") == 100);
    CHECK(accuracy_of(json).at("difference").get<double>() == Approx(-0.2));
  }
  CompareOptions options;
  options.html = true;
  const auto result = compare_runs({boosting, (folder / "run").string()}, options);
  CHECK_THAT(result.text, CANDOR_CONTAINS("A is better than B in accuracy by 0.2000 ["));
  CHECK_THAT(result.html, CANDOR_CONTAINS("<h2>Paired tests</h2>"));
  CHECK_THAT(result.html, CANDOR_CONTAINS("Training loss"));
}

TEST_CASE("a folder that candor eval --out wrote is compared too", "[runs]") {
  const TempDir folder;
  Scored scored;
  scored.kind = OutputKind::regression;
  std::string file = "id,label,prediction\n";
  for (int i = 0; i < 50; ++i) {
    scored.ids.push_back("r" + std::to_string(i));
    scored.target_value.push_back(i / 3.0);
    scored.value.push_back(i / 3.0 + (i % 2 == 0 ? 1.0 : -1.0));
    // Six digits, as another tool may write: the same truth.
    file += scored.ids.back() + "," + std::to_string(i / 3.0) + "," +
            std::to_string(i / 3.0 + 0.25) + "\n";
  }
  auto report = make_report(scored, EvaluateConfig{});
  report.split = "new";
  write_report(folder / "out", report, scored);
  const auto json = compared({(folder / "out").string(), folder.write("b.csv", file)});
  CHECK(json.at("runs").at(0).at("state") == "report");
  CHECK(json.at("paired").at(0).at("metrics").at("mae").at("difference").get<double>() ==
        Approx(-0.75).epsilon(1e-5));
  CHECK_THAT(json.at("paired").at(0).at("metrics").at("mae").at("sentence").get<std::string>(),
             CANDOR_CONTAINS("b.csv is better than out in mae by 0.7500"));
}

TEST_CASE("a ranking is compared in order alone", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40));
  std::string deciles = "id,label,score\n";
  for (int i = 0; i < 200; ++i) {
    deciles += "row" + std::to_string(i) + (i % 2 == 0 ? ",1," : ",0,") +
               std::to_string(1 + (i * 7 + (i % 2 == 0 ? 3 : 0)) % 10) + "\n";
  }
  const auto json = compared({a, folder.write("b.csv", deciles)});
  const auto& metrics = json.at("paired").at(0).at("metrics");
  CHECK(metrics.at("roc_auc").at("p").is_number());
  CHECK(metrics.at("log_loss").at("difference").is_null());
  CHECK(metrics.at("log_loss").at("reason") == "the scores are a ranking, not probabilities");
  CHECK(metrics.at("accuracy").at("reason") == "a ranking decides nothing without a threshold");
  const auto text = compare_runs({a, (folder / "b.csv").string()}, {}).text;
  CHECK_THAT(text, CANDOR_CONTAINS("  log_loss, brier, ece: the scores are a ranking, not "
                                   "probabilities\n"));
}

TEST_CASE("what is wrong in a file of predictions ends the comparison", "[runs]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", scores(40));
  const auto b = folder.write("b.csv", "id,label,score\n1,0,0.5\n1,1,0.5\n");
  const auto error = error_of([&] { compare_runs({a, b}, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(error->what() == b + ":3: id '1' stands in line 2 already; every row needs its own");
}
