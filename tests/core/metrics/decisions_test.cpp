// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decisions.h"

#include <cmath>

#include <fmt/format.h>

#include "core/base/random.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Two calibrated classes, of which the positive one is rare, and a group.
Scored people(std::size_t count, std::uint64_t seed) {
  const RandomStream stream(seed, "people");
  Scored scored;
  scored.labels = {"no", "yes"};
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    const auto logit = 2 * own.normal(0) - 1.5;
    const auto p = static_cast<float>(1 / (1 + std::exp(-logit)));
    scored.probabilities.insert(scored.probabilities.end(), {1 - p, p});
    scored.target.push_back(own.uniform(100) < static_cast<double>(p));
    scored.groups["sex"].push_back(own.uniform(101) < 0.4 ? "F" : "M");
    scored.ids.push_back("people.csv:" + std::to_string(i + 2));
  }
  return scored;
}

RunConfig config_with(const std::optional<ThresholdConfig>& threshold) {
  RunConfig config;
  config.task.threshold = threshold;
  return config;
}

ThresholdConfig maximizing(const std::string& metric) {
  ThresholdConfig threshold;
  threshold.maximize = metric;
  return threshold;
}

double value_of(const Report& report, const std::string& name) {
  const auto* metric = report.find(name);
  REQUIRE(metric != nullptr);
  REQUIRE(metric->value);
  return *metric->value;
}

const std::vector<std::string> kLabels = {"no", "yes"};

}  // namespace

TEST_CASE("without a word in the config there is no decision and no change", "[metrics]") {
  const auto scored = people(50, 1);
  const auto fitted = fit_decision(RunConfig(), kLabels, &scored);
  CHECK(fitted.rule.plain());
  auto applied = scored;
  apply_decision(applied, fitted.rule, 0.95);
  CHECK(applied.decided.empty());
  CHECK_FALSE(applied.decision);
  const auto report = make_report(applied, {});
  CHECK_FALSE(report_json(report).contains("decision"));
  CHECK(report_json(report)["decided_by"] == "the most probable class");
  CHECK_THAT(report_text(report, false),
             CANDOR_CONTAINS("50 rows · positive yes\ndecided by the most probable class\n"));
}

TEST_CASE("a threshold that maximises a metric raises it on new rows", "[metrics]") {
  const auto calibration = people(4000, 1);
  const auto rule =
      fit_decision(config_with(maximizing("balanced_accuracy")), kLabels, &calibration).rule;
  auto scored = people(4000, 2);
  const auto before = value_of(make_report(scored, {}, false), "balanced_accuracy");
  apply_decision(scored, rule, 0.95);
  const auto report = make_report(scored, {}, false);
  CHECK(value_of(report, "balanced_accuracy") > before + 0.03);
  REQUIRE(report.decision);
  CHECK_THAT(report.decision->rule.at(0), CANDOR_CONTAINS("(maximum of balanced_accuracy)"));
  CHECK(report_json(report)["decision"]["rule"].size() == 1);
  CHECK_THAT(report_text(report, false), CANDOR_CONTAINS("(maximum of balanced_accuracy)"));
  CHECK_THAT(report_markdown(report), CANDOR_CONTAINS("### Decisions\n\n- threshold 0."));
  CHECK_THAT(report_html(report, scored), CANDOR_CONTAINS("<h2>Decisions</h2>"));
  CHECK(report.decided_by == report.decision->rule.at(0));
  for (const auto& text : {report_text(report, false), report_markdown(report)}) {
    CHECK_THAT(text, CANDOR_CONTAINS(" · positive yes"));
    CHECK_THAT(text, CANDOR_CONTAINS("decided by threshold 0."));
  }
}

TEST_CASE("a fixed threshold needs no calibration rows", "[metrics]") {
  const auto config = config_with(ThresholdConfig::of_number(0.2));
  CHECK(asks_for_decision(config));
  CHECK_FALSE(asks_for_calibration_rows(config));
  const auto rule = fit_decision(config, kLabels, nullptr).rule;
  auto scored = people(100, 3);
  apply_decision(scored, rule, 0.95);
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    CHECK(scored.decided[i] == (static_cast<double>(scored.probabilities[2 * i + 1]) >= 0.2));
  }
  REQUIRE(scored.threshold);
  CHECK(scored.threshold->value == 0.2);
  CHECK(scored.threshold->chosen_by == "fixed");
}

TEST_CASE("sets and abstention are measured on the rows they are applied to", "[metrics]") {
  RunConfig config;
  config.calibration.conformal = ConformalConfig{.alpha = 0.1, .group = "sex"};
  config.calibration.abstain = AbstainConfig{std::nullopt, 0.7};
  const auto calibration = people(3000, 1);
  const auto rule = fit_decision(config, kLabels, &calibration).rule;
  auto scored = people(3000, 2);
  apply_decision(scored, rule, 0.95);
  REQUIRE(scored.decision);
  CHECK(scored.decision->rule.at(0) == "the most probable class");
  const auto& metrics = scored.decision->metrics;
  REQUIRE(metrics.size() == 4);
  CHECK(metrics[0].name == "set_coverage");
  CHECK(*metrics[0].low <= 0.9);
  CHECK(*metrics[0].high >= 0.9);
  CHECK(metrics[1].name == "set_size");
  CHECK_FALSE(metrics[1].higher_is_better);
  CHECK(metrics[2].name == "answered");
  CHECK(*metrics[2].value == Approx(0.7).margin(0.04));
  CHECK(metrics[3].name == "accuracy_answered");
  CHECK(*metrics[3].value > value_of(make_report(scored, {}, false), "accuracy"));
  const auto report = make_report(scored, {});
  for (const auto& text :
       {report_text(report, false), report_markdown(report), report_html(report, scored)}) {
    CHECK_THAT(text, CANDOR_CONTAINS("accuracy_answered"));
  }
}

TEST_CASE("what decisions do is measured in each group, and adds up", "[metrics]") {
  RunConfig config;
  config.calibration.conformal = ConformalConfig{.alpha = 0.1, .group = "sex"};
  const auto calibration = people(3000, 1);
  auto scored = people(3000, 2);
  scored.groups["sex"][7] = "";
  // Names and numbers are no groups.
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    scored.groups["name"].push_back(std::to_string(i));
  }
  apply_decision(scored, fit_decision(config, kLabels, &calibration).rule, 0.95);
  const auto report = make_report(scored, {});
  const auto& groups = report.decision->groups;
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].value == "(missing)");
  CHECK(groups[0].small);
  CHECK(*groups[0].metrics.at(1).value == 2.0);  // an unknown group gets every class
  std::int64_t rows = 0;
  double covered = 0.0, size = 0.0;
  for (const auto& group : groups) {
    CHECK(group.column == "sex");
    REQUIRE(group.metrics.size() == 2);
    CHECK(group.metrics[0].method == "wilson");
    rows += group.count;
    covered += static_cast<double>(group.count) * *group.metrics[0].value;
    size += static_cast<double>(group.count) * *group.metrics[1].value;
  }
  CHECK(rows == report.count);
  CHECK(covered / 3000 == Approx(*report.decision->metrics[0].value));
  CHECK(size / 3000 == Approx(*report.decision->metrics[1].value));
  // Wilson's, 1927, of the women that are covered.
  const auto& women = groups[1];
  const auto n = static_cast<double>(women.count), p = *women.metrics[0].value, z = 1.959963985;
  const auto half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  CHECK(*women.metrics[0].low == Approx((p + z * z / (2 * n)) / (1 + z * z / n) - half));
  const auto json = report_json(report)["decision"]["groups"];
  CHECK(json.size() == 1);
  CHECK(json["sex"]["F"]["count"] == women.count);
  CHECK(json["sex"]["F"]["metrics"]["set_coverage"]["low"] == *women.metrics[0].low);
  const auto coverage = fmt::format("{:.4f} [{:.4f}, ", p, *women.metrics[0].low);
  CHECK_THAT(report_text(report, false),
             CANDOR_CONTAINS("sex         rows  set_coverage             set_size\n"));
  CHECK_THAT(report_text(report, false), CANDOR_CONTAINS(coverage));
  CHECK_THAT(report_markdown(report), CANDOR_CONTAINS("| sex | rows | set_coverage | set_size |"));
  CHECK_THAT(report_markdown(report), CANDOR_CONTAINS("| (missing) | 1 (few) | "));
  CHECK_THAT(report_html(report, scored), CANDOR_CONTAINS("<th>set coverage</th>"));
}

TEST_CASE("gates bound what decisions cover, of all rows and in every group", "[metrics]") {
  RunConfig config;
  config.calibration.conformal = ConformalConfig{.alpha = 0.1, .group = "sex"};
  config.calibration.abstain = AbstainConfig{std::nullopt, 0.7};
  const auto calibration = people(3000, 1);
  auto scored = people(3000, 2);
  apply_decision(scored, fit_decision(config, kLabels, &calibration).rule, 0.95);
  EvaluateConfig evaluate;
  const auto judged = [&](const std::string& name, std::optional<double> min,
                          std::optional<double> max) {
    evaluate.gates = {{name, {min, max, std::nullopt}}};
    return make_report(scored, evaluate).gates.at(0);
  };
  const auto& all = scored.decision->metrics;
  const auto covered = judged("set_coverage", 0.85, std::nullopt);
  CHECK(covered.state == GateState::passed);
  CHECK(covered.value == all[0].value);
  CHECK(covered.method == "clopper-pearson");
  CHECK(*covered.low < *covered.value);
  CHECK(judged("set_coverage", 0.97, std::nullopt).state == GateState::failed);
  const auto size = judged("set_size", std::nullopt, 1.5);
  CHECK(size.method == "student");
  CHECK(size.value == all[1].value);
  CHECK(*size.low < *size.value);
  CHECK(*size.value < *size.high);
  CHECK(judged("answered", 0.6, std::nullopt).state == GateState::passed);
  const auto by_sex = judged("sex/set_coverage", 0.85, std::nullopt);
  CHECK(by_sex.state == GateState::passed);
  CHECK(judged("sex/set_coverage", 0.99, std::nullopt).state == GateState::failed);
  scored.groups["sex"].assign(3000, "M");
  scored.groups["sex"][0] = "F";
  scored.decided.clear();
  apply_decision(scored, fit_decision(config, kLabels, &calibration).rule, 0.95);
  const auto few = judged("sex/set_coverage", 0.5, std::nullopt);
  CHECK(few.state == GateState::undecided);
  CHECK_THAT(few.reason, CANDOR_CONTAINS("'F' has 1 row, fewer than evaluate.min_count 30"));
  // One row, whose set other rows' may surpass, but not two classes.
  evaluate.min_count = 1;
  CHECK(judged("sex/set_size", std::nullopt, 2.0).state == GateState::passed);
  scored.decision.reset();
  for (const auto* name : {"set_coverage", "sex/set_coverage"}) {
    const auto none = judged(name, 0.5, std::nullopt);
    CHECK(none.state == GateState::undecided);
    CHECK_THAT(none.reason, CANDOR_CONTAINS("set_coverage is undefined: nothing here gives sets, "
                                            "intervals or abstentions"));
  }
}

TEST_CASE("regression: intervals of new rows cover, and their width is told", "[metrics]") {
  const auto houses = [](std::uint64_t seed) {
    const RandomStream stream(seed, "houses");
    Scored scored;
    scored.kind = OutputKind::regression;
    for (std::size_t i = 0; i < 2000; ++i) {
      scored.value.push_back(100 * stream.uniform(2 * i));
      scored.target_value.push_back(scored.value.back() + 5 * stream.normal(2 * i + 1));
    }
    return scored;
  };
  RunConfig config;
  config.task.type = TaskType::regression;
  config.calibration.conformal = ConformalConfig{.alpha = 0.2};
  const auto calibration = houses(1);
  const auto rule = fit_decision(config, {}, &calibration).rule;
  auto scored = houses(2);
  apply_decision(scored, rule, 0.95);
  REQUIRE(scored.decision);
  CHECK(*scored.decision->metrics.at(0).value == Approx(0.8).margin(0.03));
  // 80 % of a normal of deviation 5 lie within 1.2816 deviations.
  CHECK(*scored.decision->metrics.at(1).value == Approx(2 * 5 * 1.2816).epsilon(0.06));
}

TEST_CASE("names of groups cannot steer a terminal", "[metrics]") {
  Scored scored = people(50, 1);
  auto& decision = scored.decision.emplace();
  decision.rule = {"threshold of sex \x1b[2J: 0.5"};
  scored.decided_by = "thresholds by \x1b[2J";
  CHECK(report_text(make_report(scored, {}), false).find('\x1b') == std::string::npos);
}

TEST_CASE("intervals without ends have no mean width", "[metrics]") {
  RunConfig config;
  config.task.type = TaskType::regression;
  config.calibration.conformal = ConformalConfig{.alpha = 0.1, .group = "town"};
  Scored houses;
  houses.kind = OutputKind::regression;
  for (int i = 0; i < 100; ++i) {
    houses.value.push_back(i);
    houses.target_value.push_back(i + i % 7);
    houses.groups["town"].push_back(i < 95 ? "large" : "small");
  }
  const auto rule = fit_decision(config, {}, &houses).rule;
  apply_decision(houses, rule, 0.95);
  const auto& decision = *houses.decision;
  CHECK_FALSE(decision.metrics.at(1).value);
  CHECK(decision.metrics.at(1).reason == "some intervals have no ends");
  CHECK(decision.groups.at(0).metrics.at(1).value);
  CHECK_FALSE(decision.groups.at(1).metrics.at(1).value);
  CHECK(*decision.groups.at(1).metrics.at(0).value == 1.0);
  EvaluateConfig evaluate;
  const auto judged = [&](const std::string& name, double max) {
    evaluate.gates = {{name, {std::nullopt, max, std::nullopt}}};
    evaluate.min_count = 1;
    return make_report(houses, evaluate).gates.at(0);
  };
  // The width of a group's intervals is the rule's own, and no estimate.
  const auto width = *decision.groups.at(0).metrics.at(1).value;
  CHECK(decision.groups.at(0).metrics.at(1).method == "constant");
  CHECK(*decision.groups.at(0).metrics.at(1).low == width);
  const auto unbounded = judged("town/interval_width", 1e6);
  CHECK(unbounded.state == GateState::failed);
  CHECK(unbounded.reason ==
        "interval_width of 'small' is beyond every max: some intervals have no ends");
  CHECK(judged("interval_width", 1e6).state == GateState::failed);
  houses.groups["town"].assign(100, "large");
  houses.decision.reset();
  apply_decision(houses, rule, 0.95);
  CHECK(judged("interval_width", width + 0.1).state == GateState::passed);
  CHECK(judged("interval_width", width - 0.1).state == GateState::failed);
}

TEST_CASE("thresholds by group bring the groups together, and the log says what it cost",
          "[metrics]") {
  auto calibration = people(4000, 1);
  // Women's scores are lower.
  const auto lower = [](Scored& scored) {
    for (std::size_t i = 0; i < scored.target.size(); ++i) {
      if (scored.groups["sex"][i] != "F") continue;
      auto* p = scored.probabilities.data() + 2 * i;
      p[1] *= 0.5f;
      p[0] = 1 - p[1];
    }
  };
  lower(calibration);
  RunConfig config;
  config.calibration.group_thresholds =
      GroupThresholdsConfig{"sex", GroupConstraint::demographic_parity, 0.02};
  const auto fitted = fit_decision(config, kLabels, &calibration);
  REQUIRE(fitted.groups);
  CHECK(fitted.groups->before.demographic_parity_difference > 0.1);
  CHECK(fitted.groups->after.demographic_parity_difference < 0.022);
  const auto& thresholds = fitted.rule.group_thresholds->groups;
  CHECK(fitted.rule.summary() ==
        std::vector<std::string>{
            "thresholds by sex (demographic_parity)",
            fmt::format("threshold of sex F: {:.4g}", thresholds.at("F")[0].threshold),
            fmt::format("threshold of sex M: {:.4g}", thresholds.at("M")[0].threshold)});
  const auto lines = fitting_lines(fitted);
  CHECK_THAT(lines.back(), CANDOR_CONTAINS("thresholds by sex: demographic parity difference 0."));
  auto scored = people(4000, 2);
  lower(scored);
  apply_decision(scored, fitted.rule, 0.95);
  double selected[2] = {}, count[2] = {};
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    const auto group = scored.groups["sex"][i] == "F" ? 0 : 1;
    selected[group] += static_cast<double>(scored.decided[i]);
    ++count[group];
  }
  CHECK(std::abs(selected[0] / count[0] - selected[1] / count[1]) < 0.07);
  scored.groups["sex"][5] = "other";
  const auto error = test::error_of([&] { apply_decision(scored, fitted.rule, 0.95); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(error->what() == std::string("people.csv:7: column 'sex': a group the thresholds do not "
                                     "know; allowed: F, M"));
}

TEST_CASE("groups with too few calibration rows are told by their number", "[metrics]") {
  auto calibration = people(100, 1);
  calibration.groups["sex"][3] = "X";
  RunConfig config;
  config.calibration.conformal = ConformalConfig{.alpha = 0.1, .group = "sex"};
  const auto rule = fit_decision(config, kLabels, &calibration).rule;
  auto scored = people(100, 2);
  apply_decision(scored, rule, 0.95);
  CHECK_THAT(scored.decision->rule.back(), CANDOR_CONTAINS("in each group of sex"));
  scored.decided.clear();
  scored.groups["sex"][3] = "X";
  apply_decision(scored, rule, 0.95);
  CHECK(scored.decision->rule.back() ==
        "rows of 1 of 3 groups of sex get every answer: fewer than 9 calibration rows");
}

TEST_CASE("priors: given ones are taken by label, estimated ones are near the truth", "[metrics]") {
  const auto scored = people(5000, 1);
  DecisionRule rule;
  rule.classes = 2;
  PriorsConfig given;
  given.given = {{"yes", 0.1}, {"no", 0.9}};
  const auto shift = find_priors(given, scored, rule, {0.7, 0.3}, 0.95);
  CHECK(shift.target == std::vector<double>{0.9, 0.1});
  CHECK(shift.chosen_by == "given");
  double positives = 0;
  for (const auto label : scored.target) positives += static_cast<double>(label);
  const auto share = positives / 5000;
  const auto estimated = find_priors({}, scored, rule, {1 - share, share}, 0.95);
  CHECK(estimated.target[1] == Approx(share).margin(0.02));
  CHECK(estimated.chosen_by == "estimated on 5000 rows");
  REQUIRE(estimated.low.size() == 2);
  CHECK(estimated.low[1] <= estimated.target[1]);
  CHECK(estimated.target[1] <= estimated.high[1]);
  given.given = {{"yes", 0.1}, {"maybe", 0.9}};
  const auto error = test::error_of([&] { find_priors(given, scored, rule, {0.7, 0.3}, 0.95); });
  REQUIRE(error);
  CHECK(error->what() == std::string("evaluate.priors.given: needs a share for each class of the "
                                     "model and no other: no, yes"));
  EvaluateConfig config;
  config.priors = PriorsConfig{};
  const auto old = test::error_of([&] { rule_for_report(config, scored, rule, {}); });
  REQUIRE(old);
  CHECK(old->kind() == ErrorKind::model);
}

TEST_CASE("frequencies are held against the labels of the rows", "[metrics]") {
  auto scored = people(5000, 1);
  double observed = 0;
  for (const auto label : scored.target) observed += static_cast<double>(label) / 5000;
  EvaluateConfig config;
  config.priors = PriorsConfig{};
  DecisionRule rule;
  rule.classes = 2;
  rule = rule_for_report(config, scored, rule, {1 - observed, observed});
  apply_decision(scored, rule, 0.95);
  const auto report = make_report(scored, config);
  REQUIRE(report.decision->frequencies.size() == 2);
  const auto& yes = report.decision->frequencies[1];
  CHECK(yes.label == "yes");
  CHECK(yes.observed == Approx(observed));
  CHECK(yes.assumed == rule.priors->target[1]);
  CHECK(*yes.low == rule.priors->low[1]);
  const auto json = report_json(report)["decision"]["class_frequencies"][1];
  CHECK(json["observed"] == yes.observed);
  CHECK(json["high"] == *yes.high);
  CHECK_THAT(report_text(report, false),
             CANDOR_CONTAINS(
                 fmt::format("\nfrequency of yes: {:.4g} in training, estimated as ", observed)));
}

TEST_CASE("an estimate that the labels refute is told to be off", "[metrics]") {
  DecisionReport decision;
  ClassFrequency yes;
  yes.label = "yes";
  yes.training = 0.25;
  yes.assumed = 0.3;
  yes.observed = 0.5;
  decision.frequencies = {yes};
  CHECK(decision_lines(decision) ==
        std::vector<std::string>{
            "frequency of yes: 0.25 in training, taken as 0.3, 0.5 by the labels"});
  decision.frequencies[0].low = 0.2;
  decision.frequencies[0].high = 0.4;
  CHECK(decision_lines(decision) ==
        std::vector<std::string>{"frequency of yes: 0.25 in training, estimated as 0.3 [0.2, 0.4], "
                                 "0.5 by the labels, which is outside"});
  decision.frequencies[0].observed = 0.4;
  CHECK_FALSE(decision_lines(decision)[0].ends_with("outside"));
}

TEST_CASE("training's priors are what its loss saw", "[metrics]") {
  TrainConfig config;
  CHECK(training_priors(config, {30, 10}, kLabels) == std::vector<double>{0.75, 0.25});
  config.loss.class_weights = {{"yes", 3.0}};
  CHECK(training_priors(config, {30, 10}, kLabels) == std::vector<double>{0.5, 0.5});
  config.loss.class_weights.clear();
  config.loss.class_weighting = ClassWeighting::balanced;
  CHECK(training_priors(config, {30, 10}, kLabels) == std::vector<double>{0.5, 0.5});
  CHECK(training_priors(config, {}, {}).empty());
}

TEST_CASE("what cannot be fitted is refused with the key of the config", "[metrics]") {
  const auto rows = people(50, 1);
  const auto three = test::error_of([&] {
    fit_decision(config_with(ThresholdConfig::of_number(0.2)), {"a", "b", "c"}, nullptr);
  });
  REQUIRE(three);
  CHECK(three->kind() == ErrorKind::config);
  CHECK(three->what() == std::string("task.threshold: a threshold decides between two classes, and "
                                     "the data has 3; remove it (~task.threshold)"));
  const auto none =
      test::error_of([&] { fit_decision(config_with(maximizing("f1")), kLabels, nullptr); });
  REQUIRE(none);
  CHECK(none->what() == std::string("data.split.calibration: there are no calibration rows, and "
                                    "calibration or task.threshold is to be fitted on them; raise "
                                    "it"));
}
