// SPDX-License-Identifier: Apache-2.0
// Gaps between groups. Values are those of Fairlearn 0.15 and AIF360 0.6 on the same rows.
#include <cmath>

#include "core/base/random.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/groups.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

struct Known {
  const char* gap;
  double value;
};

void check_gaps(const Scored& scored, const std::vector<Known>& known) {
  const auto report = make_report(scored, EvaluateConfig{});
  for (const auto& [gap, value] : known) {
    INFO(gap);
    CHECK(*gap_of(report, gap).metric.value == Approx(value).margin(1e-9));
  }
}

const PairGap& pair_of(const Report& report, const std::string& metric, const std::string& first,
                       const std::string& second) {
  for (const auto& pair : report.gaps.at(0).pairs) {
    if (pair.metric == metric && pair.first == first && pair.second == second) return pair;
  }
  throw std::logic_error("no pair");
}

const Metric& index_of(const Report& report, const std::string& name) {
  for (const auto& metric : report.inequality) {
    if (metric.name == name) return metric;
  }
  throw std::logic_error("no index");
}

// Rows of AIF360's own tests: predictions beside targets.
Scored answers(const std::vector<int>& target, const std::vector<int>& predicted) {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (std::size_t i = 0; i < target.size(); ++i) {
    add_rows(scored, "all", target[i], predicted[i] == 1, 1);
  }
  return scored;
}

}  // namespace

TEST_CASE("gaps of Fairlearn's example equal Fairlearn's", "[metrics]") {
  check_gaps(rows_of(fairlearn_toy()),
             {{"demographic_parity_difference", 0.25},
              {"demographic_parity_ratio", 2.0 / 3},
              {"equalized_odds_difference", 1.0},
              {"equalized_odds_ratio", 0.0},
              {"average_odds_difference", 0.6},
              {"equal_opportunity_difference", 0.2},
              {"equal_opportunity_ratio", 2.0 / 3},
              {"predictive_parity_difference", 2.0 / 3},
              {"predictive_parity_ratio", 1.0 / 3},
              {"demographic_parity_difference_to_overall", 0.19444444444444442},
              {"demographic_parity_ratio_to_overall", 0.7407407407407408},
              {"equalized_odds_difference_to_overall", 2.0 / 3},
              {"equalized_odds_ratio_to_overall", 0.0},
              {"average_odds_difference_to_overall", 0.3833333333333333},
              {"equal_opportunity_difference_to_overall", 0.1},
              {"equal_opportunity_ratio_to_overall", 0.8},
              {"predictive_parity_difference_to_overall", 0.4},
              {"predictive_parity_ratio_to_overall", 0.5555555555555556}});
}

TEST_CASE("gaps of four unequal groups equal Fairlearn's", "[metrics]") {
  check_gaps(rows_of({{"p", 120, 31, 17, 210},
                      {"q", 40, 60, 25, 90},
                      {"r", 9, 2, 14, 33},
                      {"s", 300, 45, 80, 515}}),
             {{"demographic_parity_difference", 0.10192973775358732},
              {"demographic_parity_ratio", 0.747858017135863},
              {"equalized_odds_difference", 0.4695652173913043},
              {"equalized_odds_ratio", 0.2514159848961611},
              {"average_odds_difference", 0.34627384498771324},
              {"equal_opportunity_difference", 0.4695652173913043},
              {"equal_opportunity_ratio", 0.46},
              {"predictive_parity_difference", 0.48460806093303715},
              {"predictive_parity_ratio", 0.4467391304347826},
              {"demographic_parity_difference_to_overall", 0.07793840351979886},
              {"demographic_parity_ratio_to_overall", 0.7950413223140496},
              {"equalized_odds_difference_to_overall", 0.37265238879736406},
              {"equalized_odds_ratio_to_overall", 0.46399535423925675},
              {"average_odds_difference_to_overall", 0.2661566735545374},
              {"equal_opportunity_ratio_to_overall", 0.5176972181449894},
              {"predictive_parity_difference_to_overall", 0.383902263744161},
              {"predictive_parity_ratio_to_overall", 0.5047742653193659}});
}

TEST_CASE("rates and gaps of COMPAS are the published ones", "[metrics]") {
  const auto report = make_report(rows_of(compas()), EvaluateConfig{});
  const std::string black = "African-American", white = "Caucasian";
  struct Rate {
    const char* name;
    double of_black, of_white;
  };
  for (const auto& [name, of_black, of_white] :
       {Rate{"false_positive_rate", .448468, .234543},
        Rate{"false_negative_rate", .279853, .477226}, Rate{"precision", .629715, .591335}}) {
    INFO(name);
    CHECK(*group_metric_of(report, black, name).value == Approx(of_black).margin(5e-7));
    CHECK(*group_metric_of(report, white, name).value == Approx(of_white).margin(5e-7));
  }
  const auto& alarm = group_metric_of(report, black, "false_positive_rate");
  CHECK(*alarm.low == Approx(.425595).margin(5e-7));
  CHECK(*alarm.high == Approx(.471561).margin(5e-7));
  CHECK(alarm.method == "wilson");
  const auto& miss = group_metric_of(report, white, "false_negative_rate");
  CHECK(*miss.low == Approx(.445881).margin(5e-7));
  CHECK(*miss.high == Approx(.508751).margin(5e-7));
  check_gaps(rows_of(compas()), {{"demographic_parity_difference", 0.2402002032197631},
                                 {"demographic_parity_ratio", 0.5916375569916079},
                                 {"equalized_odds_difference", 0.21392495582112797},
                                 {"equalized_odds_ratio", 0.5229872103118948},
                                 {"equal_opportunity_difference", 0.19737296377737334},
                                 {"predictive_parity_difference", 0.03837991679396058}});
}

// Fairlearn's quickstart: readmission to hospital by race, a tree that chooses from 0.1 on. Its
// documentation prints six digits of accuracy and of false negative rates; the counts are those
// that these digits, the number of rows of each race and the overall values leave.
TEST_CASE("rates of Fairlearn's hospital example are the published ones", "[metrics]") {
  struct Known {
    const char* race;
    int rows, right, positives, missed;
    double accuracy, false_negative_rate;
  };
  const std::vector<Known> known = {{"AfricanAmerican", 4865, 2583, 537, 159, .530935, .296089},
                                    {"Asian", 167, 110, 16, 8, .658683, .5},
                                    {"Caucasian", 18954, 9544, 2139, 660, .503535, .308555},
                                    {"Hispanic", 511, 313, 52, 16, .612524, .307692},
                                    {"Other", 355, 210, 36, 12, .591549, .333333},
                                    {"Unknown", 590, 339, 50, 21, .574576, .42}};
  std::vector<Counts> counts;
  for (const auto& row : known) {
    const auto hits = row.positives - row.missed;
    const auto rejected = row.right - hits;
    counts.push_back({row.race, hits, row.missed, row.rows - row.positives - rejected, rejected});
  }
  const auto report = make_report(rows_of(counts), EvaluateConfig{});
  for (const auto& row : known) {
    INFO(row.race);
    CHECK(*group_metric_of(report, row.race, "accuracy").value ==
          Approx(row.accuracy).margin(5.1e-7));
    CHECK(*group_metric_of(report, row.race, "false_negative_rate").value ==
          Approx(row.false_negative_rate).margin(5.1e-7));
  }
  // As far as it prints these: 0.514... and 0.309...
  CHECK(std::floor(1000.0 * *report.find("accuracy")->value) == 514.0);
  CHECK(std::floor(1000.0 * (1.0 - *report.find("recall")->value)) == 309.0);
  check_gaps(rows_of(counts), {{"equal_opportunity_difference", 0.5 - 159.0 / 537}});
}

// AIF360's statistical parity difference, disparate impact and equal opportunity difference of the
// unprivileged group against the privileged one.
TEST_CASE("signed pairs equal AIF360's", "[metrics]") {
  const auto report = make_report(rows_of(compas()), EvaluateConfig{});
  const auto& selected = pair_of(report, "selection_rate", "African-American", "Caucasian");
  CHECK(selected.difference == Approx(0.2402002032197631));
  CHECK(*selected.ratio == Approx(1.6902240031631133));
  CHECK(*selected.ratio_low < *selected.ratio);
  CHECK(*selected.ratio_high > *selected.ratio);
  CHECK(selected.p_holm < 1e-10);
  CHECK(selected.method == "newcombe");
  const auto& hits = pair_of(report, "true_positive_rate", "African-American", "Caucasian");
  const auto& alarms = pair_of(report, "false_positive_rate", "African-American", "Caucasian");
  CHECK(hits.difference == Approx(0.19737296377737334));
  CHECK(0.5 * (hits.difference + alarms.difference) == Approx(0.20564895979925066));
  CHECK(*alarms.low < alarms.difference);
  CHECK(*index_of(report, "theil_index").value == Approx(0.22764925481327455));
  CHECK(*index_of(report, "generalized_entropy_index").value == Approx(0.16543500103857214));
}

TEST_CASE("the indices of AIF360's own tests", "[metrics]") {
  const std::vector<int> target = {1, 0, 0, 1, 0, 0, 1, 0, 1, 1};
  const auto first = make_report(answers(target, {1, 0, 0, 0, 1, 1, 1, 0, 1, 0}), EvaluateConfig{});
  CHECK(*index_of(first, "generalized_entropy_index").value == Approx(0.2));
  CHECK(*index_of(first, "theil_index").value == Approx(0.4 * std::log(2.0)));
  CHECK(*index_of(first, "theil_index").low < *index_of(first, "theil_index").value);
  const auto second =
      make_report(answers(target, {0, 1, 1, 0, 0, 0, 0, 1, 1, 1}), EvaluateConfig{});
  CHECK(*index_of(second, "generalized_entropy_index").value == Approx(0.3));
}

// AIF360's tutorial on reweighing (logistic regression on Adult, protected attribute sex, threshold
// of the best balanced accuracy), run with AIF360 0.6.1 on a shuffle of its own.
TEST_CASE("Adult by sex before and after reweighing equals AIF360's tutorial", "[metrics]") {
  struct Known {
    std::vector<Counts> counts;
    double parity, impact, odds, opportunity, theil, entropy;
  };
  for (const auto& known :
       {Known{{{"Female", 117, 155, 214, 1898}, {"Male", 1217, 291, 1239, 2196}},
              -0.35802197059905744,
              0.279437051843998,
              -0.3181275256379389,
              -0.37688211889530343,
              0.1129175713864926,
              0.0928645938706474},
        Known{{{"Female", 214, 58, 742, 1370}, {"Male", 1220, 288, 1247, 2188}},
              -0.0980829102778385,
              0.8034763577205692,
              -0.016977880329292455,
              -0.02225386175690436,
              0.10507618526848914,
              0.08954098201735257}}) {
    const auto report = make_report(rows_of(known.counts), EvaluateConfig{});
    const auto& chosen = pair_of(report, "selection_rate", "Female", "Male");
    const auto& hits = pair_of(report, "true_positive_rate", "Female", "Male");
    const auto& alarms = pair_of(report, "false_positive_rate", "Female", "Male");
    CHECK(chosen.difference == Approx(known.parity).margin(1e-9));
    CHECK(*chosen.ratio == Approx(known.impact).margin(1e-9));
    CHECK(hits.difference == Approx(known.opportunity).margin(1e-9));
    CHECK(0.5 * (hits.difference + alarms.difference) == Approx(known.odds).margin(1e-9));
    CHECK(*index_of(report, "theil_index").value == Approx(known.theil).margin(1e-9));
    CHECK(*index_of(report, "generalized_entropy_index").value ==
          Approx(known.entropy).margin(1e-9));
  }
}

TEST_CASE("a gap's interval is conservative, and holds its value", "[metrics]") {
  const auto report = make_report(rows_of(fairlearn_toy(), 20), EvaluateConfig{});
  for (const auto& gap : report.gaps[0].ranges) {
    INFO(gap.metric.name);
    if (!gap.metric.low) continue;
    CHECK(*gap.metric.low <= *gap.metric.value);
    CHECK(*gap.metric.high >= *gap.metric.value);
    CHECK_THAT(gap.metric.method, CANDOR_CONTAINS("conservative"));
  }
  const auto& parity = gap_of(report, "demographic_parity_difference");
  CHECK(parity.metric.method == "bonferroni-wilson, conservative");
  CHECK(parity.highest == "a");
  const auto level = 1.0 - 0.05 / 3;
  const auto a = wilson(0.75, 80, level), b = wilson(0.5, 120, level), c = wilson(0.5, 160, level);
  CHECK(*parity.metric.low == Approx(a.low - std::min(b.high, c.high)).margin(1e-12));
  CHECK(*parity.metric.high == Approx(a.high - std::min(b.low, c.low)));
}

TEST_CASE("equal groups have a range whose interval holds zero", "[metrics]") {
  const auto report =
      make_report(rows_of({{"a", 30, 10, 12, 40}, {"b", 31, 9, 12, 40}}), EvaluateConfig{});
  CHECK(*gap_of(report, "demographic_parity_difference").metric.low == 0.0);
  CHECK(*gap_of(report, "demographic_parity_ratio").metric.high == 1.0);
  CHECK(pair_of(report, "selection_rate", "a", "b").p_holm == 1.0);
}

TEST_CASE("a group without positives is left out of the gap and named", "[metrics]") {
  const auto report =
      make_report(rows_of({{"a", 30, 10, 12, 40}, {"b", 31, 9, 12, 40}, {"c", 0, 0, 10, 40}}),
                  EvaluateConfig{});
  CHECK(gap_of(report, "equal_opportunity_difference").left_out == std::vector<std::string>{"c"});
  CHECK(gap_of(report, "demographic_parity_difference").left_out.empty());
  const auto alone = make_report(rows_of({{"a", 30, 10, 12, 40}}), EvaluateConfig{});
  CHECK_FALSE(gap_of(alone, "equal_opportunity_difference").metric.value);
  CHECK(gap_of(alone, "equal_opportunity_difference").metric.reason ==
        "fewer than two groups have a true_positive_rate");
}

TEST_CASE("a gap that a small group makes is marked", "[metrics]") {
  const auto scored =
      rows_of({{"large", 30, 10, 12, 40}, {"other", 31, 9, 12, 40}, {"tiny", 8, 0, 9, 1}});
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(gap_of(report, "demographic_parity_difference").highest == "tiny");
  const auto text = report_text(report, false);
  CHECK_THAT(text, CANDOR_CONTAINS("large, tiny*\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("conservative; * a group of too few rows to judge by\n"));
  CHECK_THAT(report_html(report, scored),
             CANDOR_CONTAINS("highest tiny; one of them has too few rows to judge by"));
  const auto whole =
      make_report(rows_of({{"large", 30, 10, 12, 40}, {"other", 31, 9, 12, 40}}), EvaluateConfig{});
  CHECK(report_text(whole, false).find('*') == std::string::npos);
}

TEST_CASE("weights count as rows, and widen nothing when they are all 1", "[metrics]") {
  auto plain = rows_of(fairlearn_toy(), 3);
  auto weighted = plain;
  weighted.weight.assign(weighted.target.size(), 1.0);
  auto whole = rows_of(fairlearn_toy());
  whole.weight.assign(whole.target.size(), 3.0);
  const auto a = make_report(plain, EvaluateConfig{});
  const auto b = make_report(weighted, EvaluateConfig{});
  const auto c = make_report(whole, EvaluateConfig{});
  for (std::size_t g = 0; g < a.groups.size(); ++g) {
    for (std::size_t m = 0; m < a.groups[g].metrics.size(); ++m) {
      const auto& x = a.groups[g].metrics[m];
      INFO(x.name);
      CHECK(b.groups[g].metrics[m].value.value_or(-1) == Approx(x.value.value_or(-1)));
      CHECK(b.groups[g].metrics[m].low.value_or(-1) == Approx(x.low.value_or(-1)).margin(1e-9));
      CHECK(c.groups[g].metrics[m].value.value_or(-1) ==
            Approx(x.value.value_or(-1)).margin(1e-12));
    }
  }
}

TEST_CASE("many groups are paired with the largest one", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (int g = 0; g < 30; ++g) {
    const auto name = "g" + std::to_string(100 + g);
    add_rows(scored, name, 1, true, g == 7 ? 50 : 20);
    add_rows(scored, name, 0, false, 20);
  }
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(report.gaps[0].paired_with == "g107");
  CHECK(report.gaps[0].pairs.size() == 5 * 29);
}

TEST_CASE("regressions compare errors", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  const double a[] = {1, 2, 4, 3, 5, -1}, b[] = {0, 2, 1, 9, 7, 3, 12};
  scored.value.assign(std::begin(a), std::end(a));
  scored.value.insert(scored.value.end(), std::begin(b), std::end(b));
  auto& sites = scored.groups["site"];
  sites.assign(std::size(a), "a");
  sites.resize(scored.value.size(), "b");
  scored.target_value.assign(scored.value.size(), 0.0);
  const auto report = make_report(scored, EvaluateConfig{});
  const auto& pair = pair_of(report, "mean_error", "a", "b");
  CHECK(pair.difference == Approx(-2.5238095238095237));
  CHECK(pair.p == Approx(0.22262976281651956));
  CHECK(*pair.low == Approx(-6.887169628309412));
  CHECK(*pair.high == Approx(1.8395505806903647));
  CHECK(pair.method == "welch");
  CHECK(*gap_of(report, "rmse_difference").metric.value ==
        Approx(std::sqrt(288.0 / 7) - std::sqrt(56.0 / 6)));
}

// Errors of a gate: what is true is refuted in at most one of twenty samples.
TEST_CASE("bounds for gates hold as often as they promise", "[metrics]") {
  const double rates[] = {0.3, 0.3, 0.5};
  constexpr int kSamples = 600, kRows = 90;
  int above = 0, below = 0, ratio_below = 0;
  const auto gap = *find_gap("demographic_parity_difference");
  const auto ratio = *find_gap("demographic_parity_ratio");
  for (int sample = 0; sample < kSamples; ++sample) {
    const auto stream = RandomStream(3, "gates").at(static_cast<std::uint64_t>(sample));
    std::vector<Counts> counts;
    for (std::uint64_t g = 0; g < 3; ++g) {
      int chosen = 0;
      for (std::uint64_t i = 0; i < kRows; ++i) {
        chosen += stream.uniform(g * kRows + i) < rates[g] ? 1 : 0;
      }
      counts.push_back({std::to_string(g), chosen, kRows - chosen, 0, 0});
    }
    const auto scored = rows_of(counts);
    const GroupStudy study(scored, {});
    const auto groups = study.compared(study.tables().tables.front());
    const auto bounds = judged_gap(groups, gap, 0.95);
    above += *bounds.high >= 0.2 ? 1 : 0;
    below += *bounds.low <= 0.2 ? 1 : 0;
    ratio_below += *judged_gap(groups, ratio, 0.95).low <= 0.6 ? 1 : 0;
  }
  CHECK(above >= 0.94 * kSamples);
  CHECK(below >= 0.94 * kSamples);
  CHECK(ratio_below >= 0.94 * kSamples);
  CHECK(above < kSamples);  // not by being endless
}
