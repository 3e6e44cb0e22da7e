// SPDX-License-Identifier: Apache-2.0
#include <candor/compare.h>

#include "core/base/files.h"
#include "core/runs/made_runs.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

std::vector<std::string> two_runs(const TempDir& folder) {
  make_finished(folder / "x/run", run_config(0.01), 0.7);
  make_finished(folder / "y/run", run_config(0.02), 0.9);
  return {(folder / "x/run").string(), (folder / "y/run").string()};
}

std::string refusal(const std::vector<std::string>& runs, const CompareOptions& options = {}) {
  const auto error = error_of([&] { compare_runs(runs, options); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  return error->what();
}

}  // namespace

TEST_CASE("a comparison's tables have a column for each run", "[runs]") {
  const TempDir folder;
  const auto text = compare_runs(two_runs(folder), {}).text;
  CHECK_THAT(text, CANDOR_CONTAINS("A  x/run  finished  20/20    8.0 s  2"));
  CHECK_THAT(text, CANDOR_CONTAINS("\nsetting                        A     B\n"
                                   "train.optimizer.learning_rate  0.01  0.02\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("\nbest validation (step)  A            B\n"
                                   "loss                    0.7500 (20)  0.7500 (20)\n"
                                   "accuracy                0.8000 (20)  0.8000 (20)\n"));
  CHECK_THAT(text,
             CANDOR_CONTAINS("\nreport, test  A                        B\n"
                             "accuracy      0.7000 [0.6800, 0.7200]  0.9000 [0.8800, 0.9200]\n"
                             "log_loss      0.4000                   0.4000\n"));
}

TEST_CASE("many runs are printed in parts that fit a terminal", "[runs]") {
  const TempDir folder;
  std::vector<std::string> runs;
  for (int i = 0; i < 7; ++i) {
    make_finished(folder / ("run" + std::to_string(i)), run_config(0.01 * i), 0.7);
    runs.push_back((folder / ("run" + std::to_string(i))).string());
  }
  const auto text = compare_runs(runs, {}).text;
  std::size_t widest = 0;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    widest = std::max(widest, end - begin);
  }
  CHECK(widest <= 100);
  CHECK_THAT(text, CANDOR_CONTAINS("report, test  A                        B "));
  CHECK_THAT(text, CANDOR_CONTAINS("report, test  G"));
}

TEST_CASE("a comparison as JSON has settings, best scores and curves", "[runs]") {
  const TempDir folder;
  CompareOptions options;
  options.json = true;
  const auto json = Json::parse(compare_runs(two_runs(folder), options).text);
  CHECK(json.at("settings") == Json::parse(R"({"train.optimizer.learning_rate":["0.01","0.02"]})"));
  const auto& run = json.at("runs").at(1);
  CHECK(run.at("name") == "y/run");
  CHECK(run.at("best").at("accuracy").at("step") == 20);
  CHECK(run.at("report").at("metrics").at("accuracy").at("value") == 0.9);
  CHECK(run.at("curves").at("train/loss").size() == 4);
  CHECK(run.at("curves").at("train/loss").at(0) == Json::parse("[5.0, 1.0]"));
}

TEST_CASE("--metric leaves one metric", "[runs]") {
  const TempDir folder;
  const auto runs = two_runs(folder);
  CompareOptions options;
  options.metric = "accuracy";
  options.html = true;
  const auto result = compare_runs(runs, options);
  CHECK(result.text.find("log_loss") == std::string::npos);
  CHECK_THAT(result.text, CANDOR_CONTAINS("accuracy"));
  CHECK(result.html.find("Training loss") == std::string::npos);
  CHECK_THAT(result.html, CANDOR_CONTAINS("Validation: accuracy"));
  // Runs and settings are those of the whole comparison; the best is by that metric.
  CHECK_THAT(result.text, CANDOR_CONTAINS("\ntrain.optimizer.learning_rate  0.01  0.02\n"));
  CHECK_THAT(result.html, CANDOR_CONTAINS("Settings that differ"));
  CHECK_THAT(result.html, CANDOR_CONTAINS("<td>accuracy 0.8000 <span class=\"soft\">at step 20"));
  CHECK(result.html.find("<td>loss ") == std::string::npos);
  options.metric = "accurcy";
  CHECK(refusal(runs, options) ==
        "--metric: none of these runs has 'accurcy'; did you mean 'accuracy'? (they have: "
        "accuracy, log_loss, loss)");
}

TEST_CASE("the page stands alone and shows curves, settings and intervals of each run", "[runs]") {
  const TempDir folder;
  CompareOptions options;
  options.html = true;
  const auto page = compare_runs(two_runs(folder), options).html;
  for (const auto* part :
       {"<!doctype html>", "prefers-color-scheme:dark", "x/run", "y/run", "Training loss",
        "Validation: loss", "Validation: loss over time", "Validation: accuracy",
        "Settings that differ", "train.<wbr>optimizer.<wbr>learning_<wbr>rate",
        "class=\"settings\"", "<b>0.9000</b>", "[0.8800, 0.9200]",
        "best of y/run: step 20, accuracy 0.8000"}) {
    INFO(part);
    CHECK_THAT(page, CANDOR_CONTAINS(part));
  }
  for (const auto* foreign : {"http://", "https://", "url(", "<img", "<link", "<script", "nan"}) {
    INFO(foreign);
    CHECK(page.find(foreign) == std::string::npos);
  }
}

TEST_CASE("names and values from runs cannot become markup", "[runs]") {
  const TempDir folder;
  auto config = run_config();
  config["model"]["hidden"] = "<script>alert(1)</script>";
  make_run(folder / "<b>a", config, [](RunDirectory& run) { write_rows(run, 3); });
  make_run(folder / "b", run_config(), [](RunDirectory& run) { write_rows(run, 3); });
  CompareOptions options;
  options.html = true;
  const auto page =
      compare_runs({(folder / "<b>a").string(), (folder / "b").string()}, options).html;
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<b>a") == std::string::npos);
  CHECK_THAT(page, CANDOR_CONTAINS("&lt;b&gt;a"));
}

TEST_CASE("runs that have nothing yet are compared too", "[runs]") {
  const TempDir folder;
  make_run(folder / "a", run_config());
  make_run(folder / "b", run_config());
  CompareOptions options;
  options.html = true;
  const auto result = compare_runs({(folder / "a").string(), (folder / "b").string()}, options);
  CHECK_THAT(result.text, CANDOR_CONTAINS("A  a    interrupted"));
  CHECK_THAT(result.html, CANDOR_CONTAINS("All settings are the same."));
}

TEST_CASE("what cannot be compared is refused with what to do", "[runs]") {
  const TempDir folder;
  make_run(folder / "a", run_config());
  const auto run = (folder / "a").string();
  const std::string count = "candor compare takes 2 to 20 runs, reports or files of predictions";
  CHECK(refusal({run}) == count + ", found 1");
  CHECK(refusal(std::vector<std::string>(21, run)) == count + ", found 21");
  CHECK(
      refusal({run, folder.path().string()}) ==
      folder.path().string() +
          ": is not a run directory of candor, no report and no file of predictions; pass folders "
          "that candor train or candor eval --out made, or predictions as CSV or JSON lines");
  const auto missing = (folder / "nowhere").string();
  CHECK(refusal({run, missing}) ==
        missing +
            ": no such file or folder; pass folders that candor train or candor eval --out made, "
            "or predictions as CSV or JSON lines");
}

namespace {

Json environment(const std::string& file, const std::string& split) {
  return {{"files", {{{"part", "train"}, {"sha256", file}}}}, {"split_sha256", split}};
}

CompareResult compared(const TempDir& folder, const Json& a, const Json& b) {
  const auto runs = two_runs(folder);
  write_file_atomic(runs[0] + "/environment.json", a.dump());
  write_file_atomic(runs[1] + "/environment.json", b.dump());
  CompareOptions options;
  options.html = true;
  return compare_runs(runs, options);
}

}  // namespace

TEST_CASE("among runs of different rows none is the best, and a line says why", "[runs]") {
  const std::string why =
      "The reports and validations are about different rows (other files, or another split), so "
      "that no run is called the best.";
  for (const auto& other : {environment("f", "other"), environment("other", "s")}) {
    const TempDir folder;
    const auto result = compared(folder, environment("f", "s"), other);
    CHECK_THAT(result.text, CANDOR_CONTAINS("\n" + why + "\n"));
    CHECK_THAT(result.html, CANDOR_CONTAINS(why));
    CHECK(result.html.find("<b>0.9000</b>") == std::string::npos);
    CHECK(result.html.find("Bold: the best") == std::string::npos);
  }
  const TempDir folder;
  const auto same = compared(folder, environment("f", "s"), environment("f", "s"));
  CHECK(same.text.find("different rows") == std::string::npos);
  CHECK_THAT(same.html, CANDOR_CONTAINS("<b>0.9000</b>"));
}

TEST_CASE("a test file of its own makes the reports alike, whatever was trained on", "[runs]") {
  const TempDir folder;
  auto a = environment("f", "s"), b = environment("g", "t");
  for (auto* json : {&a, &b}) {
    (*json)["files"].push_back({{"part", "test"}, {"sha256", "held out"}});
  }
  const auto result = compared(folder, a, b);
  CHECK_THAT(result.text,
             CANDOR_CONTAINS("\nThe validations are about different rows (other files, or another "
                             "split), so that no run is called the best by them; the reports are "
                             "not.\n"));
  CHECK_THAT(result.html, CANDOR_CONTAINS("<b>0.9000</b>"));
}

TEST_CASE("a split that differs in its validation alone leaves the reports alike", "[runs]") {
  const auto with_rows = [](const std::string& split, const std::string& validation) {
    auto json = environment("f", split);
    json["rows_sha256"]["validation"] = validation;
    return json;
  };
  const auto reported = [](const std::string& run, const std::string& rows) {
    auto report = report_of(run.ends_with("x/run") ? 0.7 : 0.9);
    report["rows_sha256"] = rows;
    write_file_atomic(run + "/report.json", report.dump());
  };
  const auto result_of = [&](const std::string& other, const Json& a, const Json& b) {
    const TempDir folder;
    const auto runs = two_runs(folder);
    write_file_atomic(runs[0] + "/environment.json", a.dump());
    write_file_atomic(runs[1] + "/environment.json", b.dump());
    reported(runs[0], "r");
    reported(runs[1], other);
    CompareOptions options;
    options.html = true;
    return compare_runs(runs, options);
  };
  const auto same = result_of("r", with_rows("s", "v"), with_rows("t", "w"));
  CHECK_THAT(same.text, CANDOR_CONTAINS("\nThe validations are about different rows"));
  CHECK_THAT(same.html, CANDOR_CONTAINS("<b>0.9000</b>"));
  CHECK_THAT(same.html, CANDOR_CONTAINS("Bold: the best"));
  const auto other = result_of("q", with_rows("s", "v"), with_rows("t", "v"));
  CHECK_THAT(other.text,
             CANDOR_CONTAINS("\nThe reports are about different rows (other files, or another "
                             "split), so that no run is called the best by them.\n"));
  CHECK(other.html.find("<b>0.9000</b>") == std::string::npos);
  // A run of before tells its split alone.
  const auto old = result_of("", with_rows("s", "v"), environment("f", "s"));
  CHECK(old.text.find("different rows") == std::string::npos);
}
