// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report.h"

#include <cmath>

#include "core/config/metric_list.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/report_format.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

Scored toy(int times = 1) { return rows_of(fairlearn_toy(), times); }

const Metric& group_metric(const Report& report, std::size_t group, const std::string& name) {
  for (const auto& metric : report.groups.at(group).metrics) {
    if (metric.name == name) return metric;
  }
  FAIL("no such metric");
  return report.groups[0].metrics[0];
}

Report named(Report report) {
  report.model = "toy";
  report.digest = "0123456789abcdef";
  report.split = "test";
  report.data = {{"test", {{"file", "toy.csv"}, {"sha256", "00ff"}}}};
  return report;
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    widest = std::max(widest, display_width(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return widest;
}

}  // namespace

TEST_CASE("group rates equal those of Fairlearn's example", "[metrics]") {
  const auto report = make_report(toy(), EvaluateConfig{});
  REQUIRE(report.groups.size() == 3);
  const double selected[] = {.75, .5, .5};
  const double hits[] = {.5, .6, .4};
  const double alarms[] = {1.0, 0.0, 2.0 / 3};
  const std::int64_t counts[] = {4, 6, 8};
  for (std::size_t g = 0; g < 3; ++g) {
    CHECK(report.groups[g].column == "group");
    CHECK(report.groups[g].value == fairlearn_toy()[g].group);
    CHECK(report.groups[g].count == counts[g]);
    CHECK(*group_metric(report, g, "selection_rate").value == Approx(selected[g]));
    CHECK(*group_metric(report, g, "true_positive_rate").value == Approx(hits[g]));
    CHECK(*group_metric(report, g, "false_positive_rate").value == Approx(alarms[g]).margin(1e-12));
    CHECK(group_metric(report, g, "accuracy").method == "wilson");
  }
}

TEST_CASE("groups of fewer than 30 rows are shown and marked", "[metrics]") {
  const auto small = make_report(toy(), EvaluateConfig{});
  CHECK(group_metric(small, 0, "accuracy").reason == "fewer than 30 rows");
  CHECK(group_metric(small, 0, "accuracy").value);
  CHECK(group_metric(small, 0, "accuracy").low);
  const auto large = make_report(toy(10), EvaluateConfig{});
  CHECK(group_metric(large, 0, "accuracy").reason.empty());
}

TEST_CASE("a group without positive rows has no true positive rate", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  add_rows(scored, "x", 0, true, 40);
  add_rows(scored, "y", 1, true, 40);
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(group_metric(report, 0, "true_positive_rate").reason == "no positive rows");
  CHECK(group_metric(report, 1, "false_positive_rate").reason == "no negative rows");
}

TEST_CASE("groups of a regression carry RMSE and MAE in the target's unit", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  scored.target_value = {0, 0, 0, 0};
  scored.value = {1, -1, 3, -5};
  scored.groups["site"] = {"n", "n", "s", "s"};
  const auto report = make_report(scored, EvaluateConfig{});
  REQUIRE(report.groups.size() == 2);
  CHECK(report.groups[0].metrics.size() == 3);
  CHECK(*group_metric(report, 1, "mean_error").value == -1.0);
  CHECK(*group_metric(report, 0, "rmse").value == 1.0);
  CHECK(*group_metric(report, 1, "rmse").value == Approx(std::sqrt(17.0)));
  CHECK(*group_metric(report, 1, "mae").value == 4.0);
}

TEST_CASE("without gates a report passes", "[metrics]") {
  CHECK(make_report(toy(), EvaluateConfig{}).passed());
}

TEST_CASE("report.json has the documented layout", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"].min = 0.1;
  const auto json = report_json(named(make_report(toy(), config)));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"format_version", "model",      "digest",     "data",
                                         "rows_sha256",    "split",      "count",      "weight",
                                         "confidence",     "threshold",  "decided_by", "ranking",
                                         "metrics",        "per_class",  "confusion",  "groups",
                                         "gaps",           "inequality", "slices",     "gates",
                                         "findings"});
  CHECK(json["format_version"] == 1);
  CHECK(json["count"] == 18);
  CHECK(json["data"]["test"]["file"] == "toy.csv");
  const auto& accuracy = json["metrics"]["accuracy"];
  CHECK(accuracy["value"].get<double>() == Approx(8.0 / 18));
  CHECK(accuracy["low"].get<double>() < accuracy["high"].get<double>());
  CHECK(accuracy["confidence"] == 0.95);
  CHECK(accuracy["method"] == "wilson");
  CHECK(accuracy["better"] == "higher");
  CHECK(json["metrics"]["log_loss"]["better"] == "lower");
  CHECK(json["per_class"][1]["label"] == "yes");
  CHECK(json["per_class"][1]["recall"]["value"].get<double>() == 0.5);
  CHECK(json["confusion"]["matrix"] == Json::parse("[[2,4],[6,6]]"));
  CHECK(json["groups"]["group"]["b"]["count"] == 6);
  CHECK(json["groups"]["group"]["b"]["metrics"]["true_positive_rate"]["value"].get<double>() ==
        Approx(0.6));
  CHECK(json["groups"]["group"]["b"]["metrics"]["selection_rate"]["better"].is_null());
  const auto& parity = json["gaps"]["group"]["between"]["demographic_parity_difference"];
  CHECK(parity["value"].get<double>() == 0.25);
  CHECK(parity["better"] == "lower");
  CHECK(parity["highest"] == "a");
  CHECK(parity["left_out"] == Json::array());
  CHECK(json["gaps"]["group"]["small"] == Json::parse(R"(["a","b","c"])"));
  CHECK(json["gaps"]["group"]["pairs"].size() == 15);
  CHECK(json["gaps"]["group"]["pairs"][0]["first"] == "a");
  CHECK(json["gaps"]["group"]["paired_with"].is_null());
  CHECK(json["inequality"]["theil_index"]["method"] == "delta");
  CHECK(json["slices"] == Json::parse(R"({"metric":"accuracy","tested":0,"worst":[]})"));
  auto gate = json["gates"][0];
  CHECK(gate["low"].get<double>() == Approx(0.2440).margin(5e-5));
  CHECK(gate["high"].get<double>() == Approx(0.6594).margin(5e-5));
  gate.erase("low");
  gate.erase("high");
  CHECK(gate == Json::parse(R"({"metric":"accuracy","min":0.1,"max":null,
    "value":0.4444444444444444,"confidence":0.95,"method":"clopper-pearson","group":null,
    "state":"passed","passed":true,"rows_needed":null,"reason":""})"));
}

TEST_CASE("what is undefined is null with a reason, and nothing is NaN", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  const auto json = report_json(make_report(scored, EvaluateConfig{}));
  CHECK(json["metrics"]["accuracy"]["value"].is_null());
  CHECK(json["metrics"]["accuracy"]["reason"] == "no rows");
  const auto text = json.dump();
  CHECK(Json::parse(text) == json);
  CHECK(text.find("nan") == std::string::npos);
}

TEST_CASE("the table is complete, aligned, and fits a terminal", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"].min = 0.9;
  const auto text = report_text(named(make_report(toy(), config)), false);
  CHECK(text.find("toy · test · 18 rows · positive yes · 0123456789ab\n"
                  "decided by the most probable class\n\n") == 0);
  CHECK_THAT(text, CANDOR_CONTAINS("\naccuracy                0.4444  [0.2456, 0.6628]"));
  CHECK_THAT(text, CANDOR_CONTAINS("true \\ predicted  no  yes\nno                 2    4\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("small\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("\ngaps by group       difference, 95 %"));
  CHECK_THAT(text,
             CANDOR_CONTAINS("\nFAIL  accuracy  min 0.9\n      accuracy is 0.444444, and even "
                             "its 95 % upper bound"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("colour only where it is wanted", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"].min = 0.1;
  const auto text = report_text(make_report(toy(), config), true);
  CHECK_THAT(text, CANDOR_CONTAINS("\x1b[32mPASS\x1b[0m"));
}

TEST_CASE("many classes show their worst confusions in place of a matrix", "[metrics]") {
  Scored scored;
  for (int k = 0; k < 25; ++k) scored.labels.push_back("class " + std::to_string(k));
  for (int k = 0; k < 25; ++k) {
    for (int copy = 0; copy < (k == 3 ? 4 : 1); ++copy) {
      scored.target.push_back(k);
      for (int j = 0; j < 25; ++j) {
        scored.probabilities.push_back(j == (k == 3 ? 7 : k) ? 0.76f : 0.01f);
      }
    }
  }
  const auto report = make_report(scored, EvaluateConfig{});
  const auto text = report_text(report, false);
  CHECK_THAT(text, CANDOR_CONTAINS("most confused: true  predicted  rows\n"
                                   "class 3              class 7       4\n"));
  CHECK(widest_line(text) <= 100);
}

TEST_CASE("names from data cannot steer a terminal or a page", "[metrics]") {
  auto scored = toy();
  scored.labels = {"<b>no</b>", "y\x1b[2Jes"};
  for (auto& value : scored.groups["group"]) value = "<script>\"&'" + value;
  auto report = named(make_report(scored, EvaluateConfig{}));
  report.model = "<script>alert(1)</script>";
  CHECK(report_text(report, false).find('\x1b') == std::string::npos);
  const auto page = report_html(report, scored);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<b>no") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK_THAT(page, CANDOR_CONTAINS("&lt;script&gt;&quot;&amp;&#39;a"));
}

TEST_CASE("the page stands alone and holds every part", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"].min = 0.9;
  const auto scored = toy();
  const auto page = report_html(named(make_report(scored, config)), scored);
  for (const auto* part :
       {"<!doctype html>", "prefers-color-scheme:dark", "0123456789ab", "0.4444", "Reliability",
        "ROC curve", "Confusion matrix", "By group", "FAIL", "fewer than 30 rows"}) {
    INFO(part);
    CHECK_THAT(page, CANDOR_CONTAINS(part));
  }
  for (const auto* foreign : {"http://", "https://", "url(", "<img", "<link", "nan"}) {
    INFO(foreign);
    CHECK(page.find(foreign) == std::string::npos);
  }
}

TEST_CASE("pages of regressions, texts and of nothing are drawn too", "[metrics]") {
  Scored regression;
  regression.kind = OutputKind::regression;
  Scored text;
  text.kind = OutputKind::language_model;
  Scored none;
  none.labels = {"a", "b"};
  for (const auto* empty : {&regression, &text, &none}) {
    CHECK(report_html(make_report(*empty, EvaluateConfig{}), *empty).find("nan") ==
          std::string::npos);
    CHECK_FALSE(report_text(make_report(*empty, EvaluateConfig{}), false).empty());
  }
  regression.target_value = {1, 1};
  regression.value = {1, 1};
  const auto flat = report_html(make_report(regression, EvaluateConfig{}), regression);
  CHECK_THAT(flat, CANDOR_CONTAINS("Residuals"));
  CHECK(flat.find("nan") == std::string::npos);
  text.nll.assign(100, 2.0);
  CHECK_THAT(report_html(make_report(text, EvaluateConfig{}), text),
             CANDOR_CONTAINS("Loss along the text"));
}

TEST_CASE("numbers are shown with the digits that matter", "[metrics]") {
  CHECK(fixed(51344.2, decimals_for(51344.2)) == "51,344");
  CHECK(fixed(0.85714, decimals_for(0.85714)) == "0.8571");
  CHECK(fixed(0.012345, decimals_for(0.012345)) == "0.01235");
  CHECK(fixed(6.3526, decimals_for(6.3526)) == "6.353");
  CHECK(fixed(-1234567.0, 0) == "-1,234,567");
  CHECK(fixed(0.0, decimals_for(0.0)) == "0.0000");
  CHECK(fixed(3e-9, decimals_for(3e-9)) == "3.000e-09");
  CHECK(with_thousands(999) == "999");
  CHECK(with_thousands(1000) == "1,000");
  CHECK(shown("Zürich", 6) == "Zürich");
  CHECK(shown("Zürichsee", 6) == "Züric…");
}

TEST_CASE("every metric name belongs to one task", "[metrics]") {
  std::size_t total = 0;
  for (const auto task :
       {TaskType::classification, TaskType::regression, TaskType::language_model}) {
    total += metric_names(task).size();
  }
  CHECK(total == metric_list().size());
  CHECK(find_metric_info("rmse")->task == TaskType::regression);
  CHECK(find_metric_info("speed") == nullptr);
}

TEST_CASE("predictions are one JSON object per row", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "y\"es"};
  scored.ids = {"a.csv:2", "a.csv:3"};
  scored.target = {1, 0};
  scored.probabilities = {0.1f, 0.9f, 0.5f, 0.5f};
  CHECK(predictions_jsonl(scored) ==
        R"({"id":"a.csv:2","target":"y\"es","output":{"label":"y\"es","probabilities":[0.1,0.9]}})"
        "\n"
        R"({"id":"a.csv:3","target":"no","output":{"label":"no","probabilities":[0.5,0.5]}})"
        "\n");
  Scored regression;
  regression.kind = OutputKind::regression;
  regression.target_value = {1.5};
  regression.value = {0.1};
  CHECK(predictions_jsonl(regression) == "{\"id\":0,\"target\":1.5,\"output\":{\"value\":0.1}}\n");
}

TEST_CASE("predictions of a text are one object per part of it", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::language_model;
  scored.nll.assign(5, 0.5);
  scored.cells = {{0, 0, 9, 4, 2.0, 1.0}, {2, 256, 3, 1, 0.5, 0.25}};
  CHECK(predictions_jsonl(scored) ==
        R"({"id":0,"document":0,"byte":0,"bytes":9,"tokens":4,"output":{"nll":0.5}})"
        "\n"
        R"({"id":1,"document":2,"byte":256,"bytes":3,"tokens":1,"output":{"nll":0.5}})"
        "\n");
  scored.sliding_stride = 2;
  CHECK_THAT(predictions_jsonl(scored),
             CANDOR_CONTAINS(R"("tokens":4,"output":{"nll":0.5,"sliding_nll":0.25}})"));
}
