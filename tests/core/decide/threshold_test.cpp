// SPDX-License-Identifier: Apache-2.0
#include "core/decide/threshold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;

// Falling scores 0.9 0.8 0.7 0.6 0.4 0.3, of which 1 1 0 1 0 0 are positive.
BinaryScores six() { return {{0.4, 0.9, 0.7, 0.8, 0.3, 0.6}, {0, 1, 0, 1, 0, 1}, {}}; }

// A small whole-number score: many ties.
BinaryScores drawn(std::uint64_t seed, std::size_t count, std::uint64_t levels, bool weighted) {
  const RandomStream stream(seed, "threshold test");
  BinaryScores scores;
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    const auto level = own.below(0, levels);
    scores.score.push_back(static_cast<double>(level) / static_cast<double>(levels));
    scores.positive.push_back(own.uniform(1) <
                              (static_cast<double>(level) + 1) / (static_cast<double>(levels) + 1));
    if (weighted) scores.weight.push_back(static_cast<double>(own.below(2, 4)));
  }
  return scores;
}

Outcomes counted(const BinaryScores& scores, double threshold) {
  Outcomes outcomes;
  for (std::size_t i = 0; i < scores.score.size(); ++i) {
    const auto weight = scores.weight.empty() ? 1.0 : scores.weight[i];
    const bool selected = scores.score[i] >= threshold;
    if (scores.positive[i] && selected) outcomes.true_positive += weight;
    if (scores.positive[i] && !selected) outcomes.false_negative += weight;
    if (!scores.positive[i] && selected) outcomes.false_positive += weight;
    if (!scores.positive[i] && !selected) outcomes.true_negative += weight;
  }
  return outcomes;
}

double chosen(const BinaryScores& scores, const ThresholdChoice& choice) {
  return choose_threshold(scores, choice).value;
}

std::string fault_of(const BinaryScores& scores, const ThresholdChoice& choice, ErrorKind kind) {
  const auto error = error_of([&] { choose_threshold(scores, choice); });
  REQUIRE(error);
  CHECK(error->kind() == kind);
  return error->what();
}

}  // namespace

TEST_CASE("a threshold lies midway between two scores and parts no equal ones", "[decide]") {
  const auto all = cuts(six());
  REQUIRE(all.size() == 7);
  CHECK(all[0].threshold > 0.9);
  CHECK(all[0].outcomes.selected() == 0.0);
  CHECK(all[2].threshold == Approx(0.75).epsilon(1e-15));
  CHECK(all[2].outcomes.true_positive == 2.0);
  CHECK(all[2].outcomes.false_negative == 1.0);
  CHECK(all[6].threshold == 0.3);
  CHECK(all[6].outcomes.selected() == 6.0);
  const BinaryScores tied{{0.5, 0.5, 0.5, 0.2}, {1, 0, 1, 0}, {}};
  CHECK(cuts(tied).size() == 3);
}

TEST_CASE("no number between two scores: the threshold is the higher one", "[decide]") {
  const double low = 0.5, high = std::nextafter(0.5, 1.0);
  const auto all = cuts({{low, high}, {0, 1}, {}});
  REQUIRE(all.size() == 3);
  CHECK(all[1].threshold == high);
}

TEST_CASE("the counts of every cut are those of deciding by it", "[decide]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto scores = drawn(seed, 60, 12, seed % 2 == 1);
    for (const auto& cut : cuts(scores)) {
      const auto truth = counted(scores, cut.threshold);
      CHECK(cut.outcomes.true_positive == truth.true_positive);
      CHECK(cut.outcomes.false_positive == truth.false_positive);
      CHECK(cut.outcomes.true_negative == truth.true_negative);
      CHECK(cut.outcomes.false_negative == truth.false_negative);
    }
  }
}

TEST_CASE("the chosen threshold is as good as the best of a fine grid", "[decide]") {
  const auto metric = GENERATE(ThresholdMetric::accuracy, ThresholdMetric::balanced_accuracy,
                               ThresholdMetric::f1, ThresholdMetric::mcc, ThresholdMetric::youden);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto scores = drawn(seed, 80, 20, seed % 2 == 1);
    const auto found = choose_threshold(scores, MaximizeMetric{metric});
    CHECK(metric_of(metric, counted(scores, found.value)) == metric_of(metric, found.outcomes));
    double best = -2.0;
    for (int i = 0; i <= 1010; ++i) {
      best = std::max(best, metric_of(metric, counted(scores, i / 1000.0)));
    }
    CHECK(metric_of(metric, found.outcomes) == Approx(best).margin(1e-12));
  }
}

TEST_CASE("metrics of known counts", "[decide]") {
  // TP 6, FP 2, TN 8, FN 4; mcc = 40 / sqrt(8 * 12 * 10 * 10).
  const Outcomes outcomes{6, 2, 8, 4};
  CHECK(metric_of(ThresholdMetric::accuracy, outcomes) == Approx(0.7).epsilon(1e-15));
  CHECK(metric_of(ThresholdMetric::balanced_accuracy, outcomes) == Approx(0.7).epsilon(1e-15));
  CHECK(metric_of(ThresholdMetric::f1, outcomes) == Approx(12.0 / 18.0).epsilon(1e-15));
  CHECK(metric_of(ThresholdMetric::mcc, outcomes) ==
        Approx(40.0 / std::sqrt(9600.0)).epsilon(1e-14));
  CHECK(metric_of(ThresholdMetric::youden, outcomes) == Approx(0.4).epsilon(1e-14));
  CHECK(metric_of(ThresholdMetric::mcc, {0, 0, 8, 4}) == 0.0);
  CHECK(metric_of(ThresholdMetric::f1, {0, 0, 8, 0}) == 0.0);
}

TEST_CASE("equally good thresholds: the one nearest to a half, then the lower", "[decide]") {
  // Accuracy 5/6 at 0.75 (fp 0, fn 1) and at 0.5 (fp 1, fn 0).
  CHECK(chosen(six(), MaximizeMetric{ThresholdMetric::accuracy}) == Approx(0.5).epsilon(1e-15));
  const BinaryScores even{{0.2, 0.4, 0.6, 0.8}, {0, 1, 0, 1}, {}};  // 0.3 and 0.7: 3 of 4 each
  CHECK(chosen(even, MaximizeMetric{ThresholdMetric::accuracy}) == Approx(0.3).epsilon(1e-15));
}

TEST_CASE("at a recall: the highest threshold that reaches it", "[decide]") {
  CHECK(chosen(six(), ThresholdAtRecall{0.5}) == Approx(0.75).epsilon(1e-15));
  CHECK(chosen(six(), ThresholdAtRecall{2.0 / 3.0}) == Approx(0.75).epsilon(1e-15));
  CHECK(chosen(six(), ThresholdAtRecall{0.7}) == Approx(0.5).epsilon(1e-15));
  CHECK(chosen(six(), ThresholdAtRecall{1.0}) == Approx(0.5).epsilon(1e-15));
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto scores = drawn(seed, 70, 15, true);
    const auto found = choose_threshold(scores, ThresholdAtRecall{0.8});
    CHECK(counted(scores, found.value).recall() >= 0.8);
    for (const auto& cut : cuts(scores)) {
      if (cut.threshold > found.value) CHECK(cut.outcomes.recall() < 0.8);
    }
  }
}

TEST_CASE("at a precision: the lowest threshold that reaches it", "[decide]") {
  CHECK(chosen(six(), ThresholdAtPrecision{0.75}) == Approx(0.5).epsilon(1e-15));
  CHECK(chosen(six(), ThresholdAtPrecision{0.8}) == Approx(0.75).epsilon(1e-15));
  CHECK(chosen(six(), ThresholdAtPrecision{0.1}) == 0.3);
  CHECK(choose_threshold(six(), ThresholdAtPrecision{1.0}).chosen_by == "precision of at least 1");
}

TEST_CASE("a precision that no threshold reaches is refused with the highest there is",
          "[decide]") {
  const BinaryScores scores{{0.9, 0.8, 0.8, 0.8, 0.1}, {0, 1, 1, 0, 0}, {}};
  CHECK(
      fault_of(scores, ThresholdAtPrecision{0.9}, ErrorKind::data) ==
      "task.threshold: no threshold has a precision of 0.9 on the calibration rows; the highest is "
      "0.5, at 0.45 with a recall of 1; ask for less, or give data.split.calibration more rows");
}

TEST_CASE("rows of one class, no rows, and numbers out of range are refused", "[decide]") {
  const auto maximize = MaximizeMetric{ThresholdMetric::f1};
  CHECK(fault_of({{0.1, 0.2}, {0, 0}, {}}, maximize, ErrorKind::data) ==
        "task.threshold: the calibration rows have no positive one, so that no threshold can be "
        "chosen; give a number, or data.split.calibration more rows");
  CHECK_THAT(fault_of({{0.1, 0.2}, {1, 0}, {1, 0}}, maximize, ErrorKind::data),
             CANDOR_CONTAINS("have no negative one"));
  CHECK(fault_of({}, maximize, ErrorKind::data) ==
        "task.threshold: there are no calibration rows with weight");
  CHECK(fault_of(six(), ThresholdAtRecall{1.5}, ErrorKind::config) ==
        "task.threshold.recall: found 1.5; allowed: above 0, to 1");
  CHECK(fault_of(six(), ThresholdAtPrecision{0.0}, ErrorKind::config) ==
        "task.threshold.precision: found 0; allowed: above 0, to 1");
  CHECK(fault_of(six(), FixedThreshold{std::nan("")}, ErrorKind::config) ==
        "task.threshold: found a number that is not finite");
  CHECK(fault_of({{0.1, std::nan("")}, {1, 0}, {}}, maximize, ErrorKind::data) ==
        "score of row 1: found nan; allowed: a finite number");
}

TEST_CASE("a weight of two is the row twice, a weight of none is no row", "[decide]") {
  const BinaryScores weighted{{0.2, 0.4, 0.6, 0.8, 0.95}, {0, 1, 0, 1, 0}, {1, 2, 1, 1, 0}};
  const BinaryScores written{{0.2, 0.4, 0.4, 0.6, 0.8}, {0, 1, 1, 0, 1}, {}};
  for (const auto metric : {ThresholdMetric::accuracy, ThresholdMetric::f1, ThresholdMetric::mcc}) {
    CHECK(chosen(weighted, MaximizeMetric{metric}) == chosen(written, MaximizeMetric{metric}));
  }
}

TEST_CASE("the order of the rows does not matter", "[decide]") {
  auto scores = drawn(7, 200, 50, false);
  const auto before = chosen(scores, MaximizeMetric{ThresholdMetric::f1});
  std::reverse(scores.score.begin(), scores.score.end());
  std::reverse(scores.positive.begin(), scores.positive.end());
  CHECK(chosen(scores, MaximizeMetric{ThresholdMetric::f1}) == before);
}

TEST_CASE("a plain ranking has thresholds too", "[decide]") {
  const BinaryScores deciles{{1, 3, 5, 7, 9, 10}, {0, 0, 1, 0, 1, 1}, {}};
  CHECK(chosen(deciles, ThresholdAtRecall{1.0}) == 4.0);
}

TEST_CASE("a fixed threshold is taken as it is, on any rows", "[decide]") {
  const auto fixed = choose_threshold({{0.2, 0.7}, {0, 0}, {}}, FixedThreshold{0.5});
  CHECK(fixed.value == 0.5);
  CHECK(fixed.chosen_by == "fixed");
  CHECK(fixed.outcomes.false_positive == 1.0);
}

TEST_CASE("metric names are read, and unknown ones refused with the list", "[decide]") {
  for (const auto& name : threshold_metric_names()) {
    CHECK(describe(MaximizeMetric{threshold_metric(name, "x")}) == "maximum of " + name);
  }
  const auto error = error_of([] { threshold_metric("f2", "task.threshold.maximize"); });
  REQUIRE(error);
  CHECK(
      error->what() ==
      std::string("task.threshold.maximize: found 'f2'; allowed: accuracy, balanced_accuracy, f1, "
                  "mcc, youden"));
}

}  // namespace candor
