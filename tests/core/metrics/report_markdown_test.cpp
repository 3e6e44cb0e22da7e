// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/headline.h"
#include "core/metrics/report.h"
#include "support/catch.h"

using namespace candor;

namespace {

Scored scored() {
  Scored rows;
  rows.labels = {"no", "yes"};
  for (int i = 0; i < 80; ++i) {
    const bool positive = i % 2 == 0;
    const auto p = positive != (i % 10 == 0) ? 0.75f : 0.25f;
    rows.target.push_back(positive);
    rows.probabilities.insert(rows.probabilities.end(), {1.0f - p, p});
    rows.groups["sex"].emplace_back(i < 40 ? "F" : "M");
  }
  return rows;
}

Report named(Report report) {
  report.model = "adult";
  report.split = "test";
  report.digest = "0123456789abcdef";
  report.data = Json::array({{{"part", "test"}, {"name", "adult.test"}, {"sha256", "00ff"}}});
  return report;
}

}  // namespace

TEST_CASE("the Markdown report says in short what was measured, on what", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"].min = 0.99;
  const auto text = report_markdown(named(make_report(scored(), config)));
  for (const auto* part :
       {"## adult\n\ntest · 80 rows · positive yes · decided by the most probable class · 95 % "
        "intervals\n",
        "| metric | value | interval |\n", "| accuracy | **0.9000** | [0.",
        "### Gates\n\nThe gate is not passed.\n", "| accuracy | FAIL | min 0.99 | 0.9000 |",
        "### By sex\n\n| value | rows | accuracy |", "| F | 40 | 0.9000 [",
        "model 0123456789ab · adult.test 00ff · candor"}) {
    INFO(part);
    CHECK_THAT(text, CANDOR_CONTAINS(part));
  }
}

TEST_CASE("names from data stay text in Markdown", "[metrics]") {
  auto rows = scored();
  for (auto& value : rows.groups["sex"]) value = "<b>|a*b_[x](y)`@root\n" + value;
  const auto text = report_markdown(named(make_report(rows, EvaluateConfig{})));
  CHECK(text.find("<b>") == std::string::npos);
  CHECK(text.find("@root") == std::string::npos);
  CHECK_THAT(text, CANDOR_CONTAINS("| &lt;b&gt;\\|a\\*b\\_\\[x\\](y)\\`@\u200broot?F | 40 |"));
}

TEST_CASE("a threshold and what is remarkable are told", "[metrics]") {
  auto rows = scored();
  rows.decided.assign(rows.target.size(), 1);
  rows.threshold = DecisionThreshold{0.2, "maximum of f1"};
  auto report = named(make_report(rows, EvaluateConfig{}));
  report.findings = {"sex is missing in 3 rows."};
  report.decision.emplace().rule = {"threshold 0.2 (maximum of f1)"};
  const auto text = report_markdown(report);
  CHECK_THAT(text, CANDOR_CONTAINS(" · decided by threshold 0.2 (maximum of f1) · "));
  CHECK_THAT(text, CANDOR_CONTAINS("### Decisions\n\n- threshold 0.2 (maximum of f1)\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("### Notes\n\n- sex is missing in 3 rows.\n"));
}

TEST_CASE("gates are counted in words", "[metrics]") {
  Report report;
  CHECK(gate_sentence(report).empty());
  report.gates.resize(1);
  CHECK(gate_sentence(report) == "The gate is not passed.");
  report.gates[0].passed = true;
  CHECK(gate_sentence(report) == "The gate is passed.");
  report.gates.resize(3);
  CHECK(gate_sentence(report) == "2 of 3 gates are not passed.");
  report.gates[1].passed = true;
  CHECK(gate_sentence(report) == "1 of 3 gates is not passed.");
  report.gates[2].passed = true;
  CHECK(gate_sentence(report) == "All 3 gates are passed.");
}

TEST_CASE("the most wrong rows are on the page only when asked for", "[metrics]") {
  auto rows = scored();
  for (std::size_t i = 0; i < rows.target.size(); ++i) {
    rows.ids.push_back("secret.csv:" + std::to_string(i + 2));
  }
  auto report = named(make_report(rows, EvaluateConfig{}));
  CHECK(report_html(report, rows).find("secret.csv") == std::string::npos);
  report.examples = 3;
  const auto page = report_html(report, rows);
  CHECK_THAT(page, CANDOR_CONTAINS("<h2>Most wrong</h2>"));
  std::size_t shown = 0;
  for (auto at = page.find("secret.csv:"); at != std::string::npos;
       at = page.find("secret.csv:", at + 1)) {
    ++shown;
  }
  CHECK(shown == 3);
}

TEST_CASE("the page draws groups, gaps, curves and where it all came from", "[metrics]") {
  const auto rows = scored();
  const auto page = report_html(named(make_report(rows, EvaluateConfig{})), rows);
  for (const auto* part : {"Precision and recall", "class=\"forest\"", "Selection rate",
                           "Largest differences between groups", "Worst slices", "<h2>Origin</h2>",
                           "adult.test", "the most probable class", "0123456789abcdef"}) {
    INFO(part);
    CHECK_THAT(page, CANDOR_CONTAINS(part));
  }
  CHECK(page.find("nan") == std::string::npos);
}
