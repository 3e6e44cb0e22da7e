// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/metrics/class_rows.h"
#include "core/metrics/report.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

Scored scored_of(const Json& fixture) {
  Scored scored;
  scored.labels = fixture["labels"].get<std::vector<std::string>>();
  scored.target = fixture["target"].get<std::vector<std::int64_t>>();
  for (const double p : fixture["probabilities"]) {
    scored.probabilities.push_back(static_cast<float>(p));
  }
  if (fixture.contains("weight")) scored.weight = fixture["weight"].get<std::vector<double>>();
  return scored;
}

Json fixtures() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/metrics/classification.json"));
}

Scored permuted(const Scored& scored, std::uint64_t seed) {
  const auto order =
      permutation(static_cast<std::int64_t>(scored.target.size()), RandomStream(seed, "order"));
  const auto classes = scored.labels.size();
  Scored result = scored;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto from = static_cast<std::size_t>(order[i]);
    result.target[i] = scored.target[from];
    if (!scored.weight.empty()) result.weight[i] = scored.weight[from];
    std::copy_n(scored.probabilities.begin() + static_cast<std::ptrdiff_t>(from * classes), classes,
                result.probabilities.begin() + static_cast<std::ptrdiff_t>(i * classes));
  }
  return result;
}

// K >= 3: class k becomes class K - 1 - k, in the targets and in the probabilities.
Scored reversed_classes(const Scored& scored) {
  Scored result = scored;
  const auto classes = static_cast<std::ptrdiff_t>(scored.labels.size());
  std::reverse(result.labels.begin(), result.labels.end());
  for (auto& target : result.target) target = classes - 1 - target;
  for (auto row = result.probabilities.begin(); row != result.probabilities.end(); row += classes) {
    std::reverse(row, row + classes);
  }
  return result;
}

double value_of(const Report& report, const std::string& name) {
  const auto* metric = report.find(name);
  REQUIRE(metric != nullptr);
  REQUIRE(metric->value);
  return *metric->value;
}

void check_same_values(const Report& a, const Report& b) {
  REQUIRE(a.metrics.size() == b.metrics.size());
  for (const auto& metric : a.metrics) {
    INFO(metric.name);
    REQUIRE(b.find(metric.name)->value.has_value() == metric.value.has_value());
    if (!metric.value) continue;
    CHECK(value_of(b, metric.name) == Approx(*metric.value).margin(1e-12));
  }
}

Scored binary(std::vector<std::int64_t> target, const std::vector<float>& positive) {
  Scored scored;
  scored.labels = {"no", "yes"};
  scored.target = std::move(target);
  for (const auto p : positive) scored.probabilities.insert(scored.probabilities.end(), {1 - p, p});
  return scored;
}

}  // namespace

TEST_CASE("classification metrics equal scikit-learn's", "[metrics]") {
  for (const auto& fixture : fixtures()) {
    INFO(fixture["name"].get<std::string>());
    const auto report = report_of(scored_of(fixture), false);
    for (const auto& [name, expected] : fixture["expected"].items()) {
      INFO(name);
      REQUIRE(report.find(name) != nullptr);
      const auto& value = report.find(name)->value;
      CHECK(value.has_value() == !expected.is_null());
      if (value && !expected.is_null()) {
        CHECK(*value == Approx(expected.get<double>()).margin(1e-9).epsilon(0));
      } else {
        CHECK_FALSE(report.find(name)->reason.empty());
      }
    }
    CHECK(report.metrics.size() == fixture["expected"].size());
  }
}

TEST_CASE("precision, recall, F1 and the confusion matrix equal scikit-learn's", "[metrics]") {
  for (const auto& fixture : fixtures()) {
    INFO(fixture["name"].get<std::string>());
    const auto report = report_of(scored_of(fixture));
    CHECK(Json(report.confusion) == fixture["confusion"]);
    for (std::size_t k = 0; k < report.per_class.size(); ++k) {
      const auto& row = report.per_class[k];
      const auto& expected = fixture["per_class"][k];
      CHECK(row.count == expected["count"]);
      CHECK(row.precision.value.value_or(0) ==
            Approx(expected["precision"].get<double>()).margin(1e-9));
      CHECK(row.recall.value.value_or(0) == Approx(expected["recall"].get<double>()).margin(1e-9));
      CHECK(row.f1.value.value_or(0) == Approx(expected["f1"].get<double>()).margin(1e-9));
    }
  }
}

TEST_CASE("intervals of accuracy, macro recall and AUC equal SciPy's and direct formulas",
          "[metrics]") {
  int compared = 0;
  for (const auto& fixture : fixtures()) {
    const auto report = report_of(scored_of(fixture));
    for (const std::string name : {"accuracy", "roc_auc", "recall_macro"}) {
      if (!fixture.contains(name + "_interval")) continue;
      const auto& expected = fixture[name + "_interval"];
      CHECK(*report.find(name)->low == Approx(expected[0].get<double>()).margin(1e-9));
      CHECK(*report.find(name)->high == Approx(expected[1].get<double>()).margin(1e-9));
      ++compared;
    }
    if (!report.find("roc_auc")->value) continue;
    const auto drawn = fixture["labels"].size() > 2 && !fixture.contains("weight");
    CHECK(report.find("roc_auc")->method == (drawn ? "stratified bootstrap" : "delong"));
  }
  CHECK(compared == 14);
}

TEST_CASE("every interval holds its value", "[metrics]") {
  for (const std::size_t classes : {2, 3, 7}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      auto scored = random_rows(40, classes, seed);
      if (seed % 2 == 1) {
        for (std::size_t i = 0; i < 40; ++i)
          scored.weight.push_back(0.5 + static_cast<double>(i % 4));
      }
      const auto report = report_of(scored);
      for (const auto& metric : report.metrics) {
        INFO(metric.name);
        if (!metric.value) {
          CHECK(!metric.reason.empty());
          continue;
        }
        REQUIRE(metric.low);
        REQUIRE(metric.high);
        CHECK(*metric.low <= *metric.value);
        CHECK(*metric.value <= *metric.high);
        CHECK(*metric.low < *metric.high);
      }
      for (const auto& row : report.per_class) {
        for (const auto* metric : {&row.precision, &row.recall, &row.f1}) {
          if (!metric->value) continue;
          CHECK(*metric->low <= *metric->value);
          CHECK(*metric->value <= *metric->high);
        }
      }
    }
  }
}

TEST_CASE("the order of rows does not matter", "[metrics]") {
  auto scored = random_rows(200, 3, 9);
  for (std::size_t i = 0; i < 200; ++i)
    scored.weight.push_back(0.25 * static_cast<double>(i % 5 + 1));
  check_same_values(report_of(scored, false), report_of(permuted(scored, 4), false));
}

TEST_CASE("the order of classes does not matter when there are more than two", "[metrics]") {
  const auto scored = random_rows(200, 4, 10);
  const auto before = report_of(scored);
  const auto after = report_of(reversed_classes(scored));
  check_same_values(before, after);
  CHECK(*before.find("roc_auc")->low == Approx(*after.find("roc_auc")->low).margin(1e-12));
}

TEST_CASE("weights that are all 2 change no value and no effective sample size", "[metrics]") {
  auto scored = random_rows(150, 3, 11);
  const auto plain = report_of(scored);
  for (const auto weight : {2.0, 0.01, 3.0}) {
    scored.weight.assign(150, weight);
    const auto weighted = report_of(scored);
    check_same_values(plain, weighted);
    for (const auto& metric : plain.metrics) {
      INFO(metric.name << " with weights of " << weight);
      const auto* other = weighted.find(metric.name);
      CHECK(other->low == metric.low);
      CHECK(other->high == metric.high);
      CHECK(other->method == metric.method);
    }
  }
}

TEST_CASE("a row of weight 0 is as good as absent", "[metrics]") {
  auto scored = random_rows(60, 3, 12);
  const auto without = report_of(scored, false);
  scored.weight.assign(60, 1.0);
  for (int extra = 0; extra < 5; ++extra) {
    scored.target.push_back(0);
    scored.probabilities.insert(scored.probabilities.end(), {0.0f, 0.5f, 0.5f});
    scored.weight.push_back(0.0);
  }
  check_same_values(without, report_of(scored, false));
}

TEST_CASE("DeLong's interval holds the true AUC about as often as it says", "[metrics]") {
  // Scores N(0, 1) and N(1, 1): AUC = Phi(1 / sqrt 2).
  const double truth = 0.5 * std::erfc(-0.5);
  int held = 0;
  constexpr int kRepeats = 400;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto stream = RandomStream(2, "auc").at(repeat);
    std::vector<std::int64_t> target;
    std::vector<float> score;
    for (std::uint64_t i = 0; i < 80; ++i) {
      target.push_back(i % 2);
      const auto x = stream.normal(i) + static_cast<double>(i % 2);
      score.push_back(static_cast<float>(1.0 / (1.0 + std::exp(-x))));
    }
    const auto report = report_of(binary(target, score));
    const auto& auc = *report.find("roc_auc");
    held += *auc.low <= truth && truth <= *auc.high;
  }
  CHECK(held > 0.91 * kRepeats);
  CHECK(held < 0.99 * kRepeats);
}

TEST_CASE("a perfect order has a one-sided exact bound, not an empty interval", "[metrics]") {
  const auto report = report_of(binary({0, 0, 0, 1, 1}, {.1f, .2f, .3f, .7f, .9f}));
  const auto& auc = *report.find("roc_auc");
  CHECK(*auc.value == 1.0);
  CHECK(*auc.low == Approx(std::sqrt(0.05)));
  CHECK(*auc.high == 1.0);
  CHECK(auc.method == "exact");
  const auto& f1 = *report.find("f1_macro");
  CHECK(*f1.low == Approx(std::sqrt(0.05)));
  CHECK(f1.method == "exact");
  // Of macro recall the classes' Wilson intervals are at hand: n / (n + z^2) at the low ends.
  const auto& recall = *report.find("recall_macro");
  const auto below = [](double n) { return 1.0 - n / (n + 1.959963985 * 1.959963985); };
  CHECK(*recall.low == Approx(1.0 - 0.5 * std::hypot(below(2), below(3))));
  CHECK(*recall.high == 1.0);
  CHECK(recall.method == "mover");
  CHECK(report.find("mcc")->method == "none");
  // Every positive row had no other before it: with a lower average some would have.
  const auto& precision = *report.find("average_precision");
  CHECK(*precision.low == Approx(std::sqrt(0.05)));
  CHECK(precision.method == "exact");
}

TEST_CASE("metrics of a positive class are there for two classes, top five for more than five",
          "[metrics]") {
  const auto two = report_of(random_rows(60, 2, 3));
  for (const auto* name : {"precision", "recall", "f1"}) CHECK(two.find(name)->value);
  CHECK(*two.find("recall")->low == *two.per_class[1].recall.low);
  CHECK(two.find("top_5_accuracy")->reason == "five classes or fewer");
  const auto six = report_of(random_rows(60, 6, 3));
  for (const auto* name : {"precision", "recall", "f1"}) {
    CHECK(six.find(name)->reason == "not two classes: see per_class");
  }
  CHECK(value_of(six, "top_5_accuracy") > value_of(six, "accuracy"));
  CHECK(six.find("top_5_accuracy")->method == "wilson");
}

TEST_CASE("of equal probabilities the first classes are among the top five", "[metrics]") {
  Scored scored;
  for (int k = 0; k < 7; ++k) scored.labels.push_back("c" + std::to_string(k));
  for (std::int64_t k = 0; k < 7; ++k) {
    scored.target.push_back(k);
    scored.probabilities.insert(scored.probabilities.end(), 7, 1.0f / 7);
  }
  CHECK(value_of(report_of(scored), "top_5_accuracy") == Approx(5.0 / 7));
  CHECK(value_of(report_of(scored), "accuracy") == Approx(1.0 / 7));
}

TEST_CASE("one class among the predictions leaves the correlation undefined", "[metrics]") {
  const auto report = report_of(binary({0, 1, 1}, {.9f, .8f, .7f}));
  CHECK_FALSE(report.find("mcc")->value);
  CHECK(report.find("mcc")->reason == "only one class among the true or the predicted labels");
}

TEST_CASE("scores that are all equal have AUC one half", "[metrics]") {
  const auto report = report_of(binary({0, 1, 0, 1}, {.5f, .5f, .5f, .5f}));
  CHECK(value_of(report, "roc_auc") == 0.5);
  CHECK(report.find("roc_auc")->method == "exact");
  CHECK(*report.find("roc_auc")->low < 0.2);
  CHECK(value_of(report, "average_precision") == 0.5);
}

TEST_CASE("one class among the true labels leaves AUC undefined and says so", "[metrics]") {
  const auto report = report_of(binary({1, 1, 1}, {.9f, .8f, .3f}));
  for (const auto* name : {"roc_auc", "average_precision"}) {
    CHECK_FALSE(report.find(name)->value);
    CHECK(report.find(name)->reason == "only one class among the true labels");
  }
  CHECK(value_of(report, "accuracy") == Approx(2.0 / 3));
  CHECK(value_of(report, "recall_macro") == Approx(2.0 / 3));
  CHECK(report.per_class[0].recall.reason == "class does not occur");
  CHECK(*report.per_class[0].precision.value == 0.0);
}

TEST_CASE("a single row has an accuracy with a wide interval and no bootstrap", "[metrics]") {
  const auto report = report_of(binary({1}, {.8f}));
  CHECK(value_of(report, "accuracy") == 1.0);
  CHECK(*report.find("accuracy")->low == Approx(1.0 / (1.0 + 3.841459)).margin(1e-6));
  CHECK(report.find("log_loss")->method == "none");
  CHECK_FALSE(report.find("log_loss")->low);
}

TEST_CASE("one row of a class has an AUC but no interval of it", "[metrics]") {
  const auto report = report_of(binary({0, 0, 1, 0}, {.1f, .6f, .5f, .2f}));
  CHECK(value_of(report, "roc_auc") == Approx(2.0 / 3));
  CHECK(report.find("roc_auc")->method == "none");
}

TEST_CASE("no rows: every metric is undefined and says so", "[metrics]") {
  Scored scored;
  scored.labels = {"a", "b"};
  const auto report = report_of(scored);
  CHECK(report.metrics.size() == metric_names(TaskType::classification).size());
  for (const auto& metric : report.metrics) {
    CHECK_FALSE(metric.value);
    CHECK(metric.reason == "no rows");
  }
  CHECK(report.count == 0);
}

TEST_CASE("weights that are all zero leave every metric undefined", "[metrics]") {
  auto scored = binary({0, 1}, {.2f, .7f});
  scored.weight = {0.0, 0.0};
  for (const auto& metric : report_of(scored).metrics)
    CHECK(metric.reason == "all weights are zero");
}

TEST_CASE("a probability of zero for the true class has a large but finite log loss", "[metrics]") {
  const auto report = report_of(binary({1, 0}, {0.0f, 0.0f}));
  CHECK(value_of(report, "log_loss") == Approx(0.5 * 52 * std::log(2.0)));
  CHECK(value_of(report, "brier") == 0.5);
}

TEST_CASE("the Brier score has range 2 with three classes and 1 with two", "[metrics]") {
  CHECK(value_of(report_of(binary({1}, {0.0f})), "brier") == 1.0);
  Scored three;
  three.labels = {"a", "b", "c"};
  three.target = {2};
  three.probabilities = {1.0f, 0.0f, 0.0f};
  CHECK(value_of(report_of(three), "brier") == 2.0);
}

TEST_CASE("a confidence of 1 belongs to the last calibration bin", "[metrics]") {
  const auto report = report_of(binary({1, 1, 0, 1}, {1.0f, 1.0f, 1.0f, 1.0f}));
  CHECK(value_of(report, "ece") == Approx(0.25));
}

TEST_CASE("metrics come in the documented order", "[metrics]") {
  const auto report = report_of(random_rows(30, 2, 1), false);
  std::vector<std::string> names;
  for (const auto& metric : report.metrics) names.push_back(metric.name);
  CHECK(names == metric_names(TaskType::classification));
  CHECK_FALSE(metric_higher_is_better("log_loss"));
  CHECK(metric_higher_is_better("roc_auc"));
}

TEST_CASE("rows that do not fit together are refused with the place", "[metrics]") {
  const auto refused = [](const Scored& scored) {
    const auto error = test::error_of([&] { make_report(scored, EvaluateConfig{}); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::failed);
    return std::string(error->what());
  };
  auto scored = binary({0, 1}, {.2f, NAN});
  CHECK(refused(scored) ==
        "cannot evaluate: a probability of row 1 is not a finite number; the model has diverged or "
        "its input is out of range");
  scored = binary({0, 2}, {.2f, .3f});
  CHECK(refused(scored) == "cannot evaluate: class index 2 of row 1 is not one of 0..1");
  scored = binary({0, 1}, {.2f, .3f});
  scored.probabilities.pop_back();
  CHECK(refused(scored) == "cannot evaluate: probabilities has 3 entries, expected 4");
  scored = binary({0, 1}, {.2f, .3f});
  scored.weight = {1.0, -1.0};
  CHECK(refused(scored) == "cannot evaluate: weight of row 1 is negative");
  scored.weight.clear();
  scored.groups["sex"] = {"f"};
  CHECK(refused(scored) == "cannot evaluate: group column 'sex' has 1 entries, expected 2");
}
