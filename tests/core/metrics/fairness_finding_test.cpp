// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/fairness_finding.h"

#include "support/catch.h"

using namespace candor;

namespace {

// Rows of "F" are all predicted positive, those of "M" never.
Report uneven() {
  Scored scored;
  scored.kind = OutputKind::classification;
  scored.labels = {"no", "yes"};
  for (int i = 0; i < 100; ++i) {
    scored.target.push_back(i / 2 % 2);
    const auto p = i % 2 == 0 ? 0.9f : 0.1f;
    scored.probabilities.insert(scored.probabilities.end(), {1.0f - p, p});
    scored.groups["sex"].push_back(i % 2 == 0 ? "F" : "M");
  }
  auto report = make_report(scored, EvaluateConfig{});
  report.split = "test";
  return report;
}

}  // namespace

TEST_CASE("a constraint that training did not reach is told", "[metrics]") {
  const auto report = uneven();
  TrainConfig train;
  CHECK_FALSE(fairness_finding(report, train));
  train.fairness.emplace();
  train.fairness->group = "sex";
  CHECK_FALSE(fairness_finding(report, train));  // reweighing promises no limit
  train.fairness->method = FairnessMethod::exponentiated_gradient;
  const auto line = fairness_finding(report, train);
  REQUIRE(line);
  CHECK_THAT(*line, CANDOR_CONTAINS("on the test rows: demographic_parity_difference_to_overall of "
                                    "'sex' is 0.500, and train.fairness.max_difference 0.02"));
  train.fairness->max_difference = 0.5;
  CHECK_FALSE(fairness_finding(report, train));
  train.fairness->max_difference = 0.02;
  train.fairness->group = "race";  // of which the report has no gaps
  CHECK_FALSE(fairness_finding(report, train));
}
