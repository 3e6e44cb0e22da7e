// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/metrics/gates.h"

#include "core/base/random.h"
#include "core/metrics/group_rows.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

constexpr auto kNone = std::nullopt;

GateResult judged(const Scored& scored, const std::string& gate, std::optional<double> min,
                  std::optional<double> max, EvaluateConfig config = {}) {
  config.gates[gate] = {min, max, config.gates[gate].confidence};
  return make_report(scored, config).gates.at(0);
}

// Two groups of `rows` rows; half of each is positive and a share of 0.8 of each class is right,
// but for group "b", whose positives are right in `hits_of_b`.
Scored two_groups(int rows, double hits_of_b) {
  const auto half = rows / 2;
  const auto part = [&](double share) { return static_cast<int>(half * share + 0.5); };
  return rows_of({{"a", part(0.8), half - part(0.8), half - part(0.8), part(0.8)},
                  {"b", part(hits_of_b), half - part(hits_of_b), half - part(0.8), part(0.8)}});
}

}  // namespace

TEST_CASE("a gate on all rows is passed, failed or undecided by its bound", "[metrics]") {
  const auto scored = rows_of({{"g", 45, 5, 5, 45}});  // 90 of 100 right
  const auto passed = judged(scored, "accuracy", 0.8, kNone);
  CHECK(passed.state == GateState::passed);
  CHECK(passed.passed);
  CHECK(passed.reason.empty());
  CHECK(passed.method == "clopper-pearson");
  CHECK(*passed.low == Approx(0.8362824).margin(1e-6));
  const auto failed = judged(scored, "accuracy", 0.95, kNone);
  CHECK(failed.state == GateState::failed);
  CHECK(failed.reason ==
        "accuracy is 0.9, and even its 95 % upper bound 0.944737 is below min 0.95");
  CHECK_FALSE(failed.rows_needed);
  const auto open = judged(scored, "accuracy", 0.86, kNone);
  CHECK(open.state == GateState::undecided);
  CHECK_FALSE(open.passed);
  CHECK(*open.rows_needed == 260);
  CHECK(
      open.reason ==
      "accuracy is 0.9, but its 95 % lower bound 0.836282 is below min 0.86; 100 rows are too few "
      "to tell, about 260 would do");
  const auto below = judged(scored, "accuracy", 0.93, kNone);
  CHECK(below.state == GateState::undecided);
  CHECK(below.reason ==
        "accuracy is 0.9, below min 0.93, but its 95 % upper bound 0.944737 is not; 100 rows are "
        "too few to tell, about 230 would do");
  CHECK(judged(scored, "accuracy", 0.9, kNone).reason ==
        "accuracy is 0.9, but its 95 % lower bound 0.836282 is below min 0.9; 100 rows are too few "
        "to tell, and it lies on the limit");
}

TEST_CASE("as many rows as a gate asks for do decide it", "[metrics]") {
  for (const double limit : {0.7, 0.85, 0.88, 0.92}) {
    const auto scored = rows_of({{"g", 45, 5, 5, 45}});
    const auto open = judged(scored, "accuracy", limit, kNone);
    if (open.state != GateState::undecided) continue;
    const auto times = static_cast<int>(1.15 * static_cast<double>(*open.rows_needed) / 100.0 + 1);
    INFO(limit << " " << times);
    CHECK(judged(rows_of({{"g", 45, 5, 5, 45}}, times), "accuracy", limit, kNone).state !=
          GateState::undecided);
    CHECK(judged(rows_of({{"g", 45, 5, 5, 45}}, std::max(1, times / 3)), "accuracy", limit, kNone)
              .state == GateState::undecided);
  }
}

TEST_CASE("metrics that are no proportions are measured again at the gate's level", "[metrics]") {
  const auto scored = rows_of({{"g", 40, 10, 5, 45}});
  const auto report = make_report(scored, EvaluateConfig{});
  for (const auto* name : {"log_loss", "roc_auc", "brier"}) {
    const auto gate = judged(scored, name, kNone, 5.0);
    INFO(name);
    CHECK(gate.state == GateState::passed);
    CHECK(*gate.low > *report.find(name)->low);
    CHECK(*gate.high < *report.find(name)->high);
    CHECK(gate.method == report.find(name)->method);
  }
  CHECK(judged(scored, "theil_index", kNone, 0.5).state == GateState::passed);
  CHECK(judged(scored, "f1", 0.5, kNone).state == GateState::passed);
}

TEST_CASE("a gate has its own confidence", "[metrics]") {
  const auto scored = rows_of({{"g", 45, 5, 5, 45}});
  EvaluateConfig config;
  config.gates["accuracy"].confidence = 0.6;
  const auto loose = judged(scored, "accuracy", 0.88, kNone, config);
  CHECK(loose.state == GateState::passed);
  CHECK(loose.confidence == 0.6);
  CHECK(judged(scored, "accuracy", 0.88, kNone).state == GateState::undecided);
}

TEST_CASE("a metric has to hold in every group", "[metrics]") {
  const auto even = two_groups(2000, 0.8);
  CHECK(judged(even, "group/true_positive_rate", 0.7, kNone).state == GateState::passed);
  const auto failed = judged(two_groups(2000, 0.5), "group/true_positive_rate", 0.7, kNone);
  CHECK(failed.state == GateState::failed);
  CHECK(failed.group == "b");
  CHECK(*failed.value == 0.5);
  CHECK_THAT(failed.reason, CANDOR_CONTAINS("true_positive_rate of 'b' is 0.5, and even its 95 % "
                                            "upper bound"));
  const auto open = judged(two_groups(60, 0.8), "group/true_positive_rate", 0.7, kNone);
  CHECK(open.state == GateState::undecided);
  CHECK_THAT(open.reason, CANDOR_CONTAINS("; 1 more group is undecided"));
}

TEST_CASE("groups that are too small are undecided, never skipped", "[metrics]") {
  auto scored = two_groups(2000, 0.8);
  add_rows(scored, "tiny", 1, true, 12);
  add_rows(scored, "tiny", 0, false, 12);
  const auto metric = judged(scored, "group/accuracy", 0.7, kNone);
  CHECK(metric.state == GateState::undecided);
  CHECK(metric.reason == "'tiny' has 24 rows, fewer than evaluate.min_count 30");
  const auto gap = judged(scored, "group/demographic_parity_difference", kNone, 0.9);
  CHECK(gap.state == GateState::undecided);
  CHECK_THAT(gap.reason, CANDOR_CONTAINS("but 'tiny' has 24 rows, fewer than evaluate.min_count"));
  EvaluateConfig config;
  config.min_count = 10;
  CHECK(judged(scored, "group/demographic_parity_difference", kNone, 0.9, config).state ==
        GateState::passed);
}

TEST_CASE("a biased set fails, a large balanced one passes, a small one is undecided",
          "[metrics]") {
  for (const auto* gap : {"equal_opportunity_difference", "equalized_odds_difference",
                          "demographic_parity_difference"}) {
    INFO(gap);
    const auto gate = std::string("group/") + gap;
    CHECK(judged(two_groups(4000, 0.5), gate, kNone, 0.1).state == GateState::failed);
    CHECK(judged(two_groups(4000, 0.8), gate, kNone, 0.1).state == GateState::passed);
    CHECK(judged(two_groups(80, 0.8), gate, kNone, 0.1).state == GateState::undecided);
  }
  for (const auto* gap : {"equal_opportunity_ratio", "demographic_parity_ratio"}) {
    INFO(gap);
    const auto gate = std::string("group/") + gap;
    CHECK(judged(two_groups(8000, 0.45), gate, 0.85, kNone).state == GateState::failed);
    CHECK(judged(two_groups(8000, 0.8), gate, 0.85, kNone).state == GateState::passed);
    CHECK(judged(two_groups(80, 0.8), gate, 0.85, kNone).state == GateState::undecided);
  }
  const auto open = judged(two_groups(200, 0.72), "group/equal_opportunity_difference", kNone, 0.1);
  CHECK_THAT(open.reason,
             CANDOR_CONTAINS("equal_opportunity_difference between 'b' and 'a' is 0.08, but its 95 "
                             "% upper bound"));
  CHECK_THAT(open.reason, CANDOR_CONTAINS("is above max 0.1; 400 rows are too few to tell, about"));
}

TEST_CASE("gaps of any metric, and to all rows, can be bounded", "[metrics]") {
  const auto scored = two_groups(4000, 0.5);
  CHECK(judged(scored, "group/accuracy_difference", kNone, 0.05).state == GateState::failed);
  CHECK(judged(scored, "group/roc_auc_difference", kNone, 0.5).state == GateState::passed);
  CHECK(judged(scored, "group/log_loss_ratio", 0.2, kNone).state == GateState::passed);
  CHECK(judged(scored, "group/average_odds_difference", kNone, 0.05).state == GateState::failed);
  CHECK(judged(scored, "group/equal_opportunity_difference_to_overall", kNone, 0.05).state ==
        GateState::failed);
  CHECK(judged(scored, "group/equal_opportunity_ratio_to_overall", 0.5, kNone).state ==
        GateState::passed);
}

TEST_CASE("gates on the recall of a class and its gap", "[metrics]") {
  auto scored = two_groups(4000, 0.5);
  scored.labels = {"cat_difference", "dog"};
  CHECK(judged(scored, "recall:dog", 0.6, kNone).state == GateState::passed);
  CHECK(judged(scored, "group/recall:dog", 0.6, kNone).state == GateState::failed);
  CHECK(judged(scored, "group/recall:dog_difference", kNone, 0.1).state == GateState::failed);
  CHECK(judged(scored, "group/recall:cat_difference", 0.7, kNone).state == GateState::passed);
  CHECK(judged(scored, "recall:cow", 0.6, kNone).reason ==
        "recall:cow is undefined: the model has no such class");
}

TEST_CASE("crossed columns are named in any order", "[metrics]") {
  auto scored = two_groups(4000, 0.8);
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    scored.groups["age"].push_back(i % 2 == 0 ? "old" : "young");
  }
  CHECK(judged(scored, "group*age/accuracy", 0.7, kNone).state == GateState::passed);
  const auto failed = judged(scored, "age*group/accuracy", 0.9, kNone);
  CHECK(failed.state == GateState::failed);
  CHECK_THAT(failed.reason, CANDOR_CONTAINS("; 3 more groups are not better"));
}

TEST_CASE("what cannot be judged is undecided, with its reason", "[metrics]") {
  Scored one_class;
  one_class.labels = {"no", "yes"};
  add_rows(one_class, "x", 1, true, 40);
  CHECK(judged(one_class, "roc_auc", 0.5, kNone).reason ==
        "roc_auc is undefined: only one class among the true labels");
  CHECK(judged(one_class, "group/roc_auc", 0.5, kNone).reason ==
        "roc_auc of 'x' is undefined: only one class among the true labels");
  CHECK(judged(one_class, "group/equal_opportunity_difference", kNone, 0.1).reason ==
        "equal_opportunity_difference is undefined: fewer than two groups have a "
        "true_positive_rate");
  for (const auto* gate : {"rmse", "sex/accuracy", "group/speed"}) {
    const auto unknown = judged(one_class, gate, 0.5, kNone);
    INFO(gate);
    CHECK(unknown.state == GateState::undecided);
    CHECK_THAT(unknown.reason, CANDOR_CONTAINS("allowed: "));
  }
  auto left_out = two_groups(2000, 0.8);
  add_rows(left_out, "c", 0, false, 40);
  const auto gap = judged(left_out, "group/equal_opportunity_difference", kNone, 0.2);
  CHECK(gap.state == GateState::undecided);
  CHECK_THAT(gap.reason, CANDOR_CONTAINS(", but it is undefined in 'c'"));
}

TEST_CASE("scores that only order the rows pass no gate on what they do not say", "[metrics]") {
  auto scored = two_groups(4000, 0.8);
  scored.ranking = true;
  CHECK(judged(scored, "roc_auc", 0.5, kNone).state == GateState::passed);
  CHECK(judged(scored, "group/roc_auc", 0.5, kNone).state == GateState::passed);
  for (const auto* gate : {"accuracy", "group/accuracy", "group/demographic_parity_difference"}) {
    const auto undefined = judged(scored, gate, 0.0, 1.0);
    INFO(gate);
    CHECK(undefined.state == GateState::undecided);
    CHECK_THAT(undefined.reason, CANDOR_CONTAINS("a ranking decides nothing without a threshold"));
  }
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    scored.decided.push_back(scored.probabilities[2 * i + 1] > 0.5f ? 1 : 0);
  }
  CHECK(judged(scored, "group/accuracy", 0.7, kNone).state == GateState::passed);
  CHECK(judged(scored, "group/ece", kNone, 1.0).reason ==
        "ece is undefined: the scores are a ranking, not probabilities");
}

TEST_CASE("an undecided gate counts as not passed unless that is allowed", "[metrics]") {
  EvaluateConfig config;
  config.gates["accuracy"] = {0.88, kNone, kNone};
  const auto scored = rows_of({{"g", 45, 5, 5, 45}});
  CHECK_FALSE(make_report(scored, config).passed());
  config.allow_undecided = true;
  CHECK(make_report(scored, config).passed());
  config.gates["accuracy"] = {0.99, kNone, kNone};
  CHECK_FALSE(make_report(scored, config).passed());
}

TEST_CASE("zero errors need fewer rows than the root would say", "[metrics]") {
  const auto perfect = rows_of({{"g", 50, 0, 0, 50}});
  const auto gate = judged(perfect, "accuracy", 0.99, kNone);
  CHECK(gate.state == GateState::undecided);
  CHECK(*gate.rows_needed >= 290);
  CHECK(*gate.rows_needed <= 310);  // 0.99^299 = 0.05
  CHECK(judged(rows_of({{"g", 50, 0, 0, 50}}, 3), "accuracy", 0.99, kNone).state ==
        GateState::passed);
}

TEST_CASE("a gate on what never varies holds with the gate's confidence", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (int i = 0; i < 30; ++i) {
    const bool positive = i % 2 == 0;
    scored.target.push_back(positive);
    scored.probabilities.push_back(positive ? 0.1f : 0.9f);
    scored.probabilities.push_back(positive ? 0.9f : 0.1f);
    scored.groups["group"].push_back(i < 28 ? "g" : "h");
  }
  // 15 rows of the smaller class: the lower bound at 95 % is 0.05^(1/15).
  const auto bound = std::pow(0.05, 1.0 / 15.0);
  const auto gate = judged(scored, "roc_auc", 0.84, kNone);
  CHECK(*gate.low == Approx(bound));
  CHECK(gate.state == GateState::undecided);
  CHECK(judged(scored, "roc_auc", bound - 0.001, kNone).state == GateState::passed);
}
