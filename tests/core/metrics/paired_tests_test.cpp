// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/paired_tests.h"

#include <cmath>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/metrics/measures.h"
#include "core/metrics/ranking.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

Json formulas() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/metrics/formulas.json"));
}

Scored binary(std::vector<std::int64_t> target, const std::vector<float>& positive) {
  Scored scored;
  scored.labels = {"no", "yes"};
  scored.target = std::move(target);
  for (const auto p : positive) scored.probabilities.insert(scored.probabilities.end(), {1 - p, p});
  return scored;
}

// Two models of the same rows; `skill` is how well each tells the classes apart, `shared` the noise
// that both have.
std::pair<Scored, Scored> pair_of(std::size_t rows, double skill_a, double skill_b,
                                  std::uint64_t seed, double shared = 1.0) {
  const auto stream = RandomStream(11, "pair").at(seed);
  std::vector<std::int64_t> target;
  std::vector<float> a, b;
  const auto probability = [](double x) { return static_cast<float>(1.0 / (1.0 + std::exp(-x))); };
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    target.push_back(static_cast<std::int64_t>(row.below(9, 2)));
    const auto side = target.back() == 1 ? 1.0 : -1.0;
    const auto common = shared * row.normal(1);
    a.push_back(probability(skill_a * side + common + 0.5 * row.normal(2)));
    b.push_back(probability(skill_b * side + common + 0.5 * row.normal(3)));
  }
  return {binary(target, a), binary(target, b)};
}

std::string refusal(const std::string& metric, const Scored& a, const Scored& b) {
  const auto error = test::error_of([&] { compare_scored(metric, a, b, 0.95); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  return error->what();
}

}  // namespace

TEST_CASE("McNemar's exact p equals SciPy's binomial test", "[metrics]") {
  const auto all = formulas();
  for (const auto& row : all["mcnemar"]) {
    CHECK(mcnemar_exact(row[0], row[1]) == Approx(row[2].get<double>()).margin(1e-12));
  }
  CHECK(mcnemar_exact(0, 0) == 1.0);
}

TEST_CASE("paired DeLong equals the all-pairs formula", "[metrics]") {
  const auto fixture = formulas()["paired_delong"];
  const auto target = fixture["positive"].get<std::vector<std::int64_t>>();
  const auto scored = [&](const char* name) {
    std::vector<float> score;
    for (const double x : fixture[name]) score.push_back(static_cast<float>(x));
    return binary(target, score);
  };
  const auto a = scored("a");
  const auto b = scored("b");
  const std::vector<double> once(target.size(), 1.0);
  const auto one = mean_auc(a, {rank_class(a, 1)}, once);
  const auto other = mean_auc(b, {rank_class(b, 1)}, once);
  CHECK(one.value - other.value == Approx(fixture["difference"].get<double>()).margin(1e-12));
  std::vector<double> gap;
  for (std::size_t i = 0; i < target.size(); ++i) {
    gap.push_back(one.influence[i] - other.influence[i]);
  }
  CHECK(*variance_by_class(gap, target, once) ==
        Approx(fixture["variance"].get<double>()).margin(1e-12));
  const auto difference = compare_scored("roc_auc", a, b, 0.95);
  CHECK(difference.method == "delong");
  CHECK(*difference.p == Approx(fixture["p"].get<double>()).margin(1e-9));
  CHECK(*difference.low < *difference.value);
}

TEST_CASE("Holm's correction steps down and keeps the order", "[metrics]") {
  // Holm 1979: sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1, never falling.
  const auto adjusted = holm(std::vector<double>{0.04, 0.01, 0.03, 0.02});
  CHECK(adjusted[1] == Approx(0.04));
  CHECK(adjusted[3] == Approx(0.06));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[0] == Approx(0.06));
  CHECK(holm(std::vector<double>{0.9, 0.8}) == std::vector<double>{1.0, 1.0});
  CHECK(holm({}).empty());
}

TEST_CASE("the corrected resampled t-test equals SciPy's t with Nadeau and Bengio's variance",
          "[metrics]") {
  const auto fixture = formulas()["corrected_t"];
  const auto differences = fixture["differences"].get<std::vector<double>>();
  const auto result = corrected_resampled_t(differences, 1.0 / 9, 0.95);
  REQUIRE(result.interval);
  CHECK(result.interval->low == Approx(fixture["low"].get<double>()).margin(1e-12));
  CHECK(result.interval->high == Approx(fixture["high"].get<double>()).margin(1e-12));
  CHECK(*result.p == Approx(fixture["p"].get<double>()).margin(1e-12));
  CHECK_FALSE(corrected_resampled_t(std::vector{0.1}, 0.1, 0.95).interval);
  CHECK_FALSE(corrected_resampled_t(std::vector{0.1, 0.1}, 0.1, 0.95).p);
}

TEST_CASE("a mean of differences far from zero has a small p, one near it a large one",
          "[metrics]") {
  const RandomStream stream(5, "differences");
  std::vector<double> far, near;
  for (std::size_t i = 0; i < 200; ++i) {
    near.push_back(stream.normal(i));
    far.push_back(stream.normal(i) + 1.0);
  }
  const auto large = paired_bootstrap(far, 0.95);
  CHECK(large.interval->low > 0.7);
  CHECK(*paired_bootstrap(near, 0.95).p > 0.05);
  CHECK(*large.p < 1e-6);  // far below one of a thousand resamples
  CHECK_FALSE(paired_bootstrap(std::vector<double>(20, 0.0), 0.95).p);
  CHECK_FALSE(paired_bootstrap({}, 0.95).interval);
}

TEST_CASE(
    "every classification metric of two models is compared, and turning them round turns "
    "the sign",
    "[metrics]") {
  auto [a, b] = pair_of(300, 1.5, 0.5, 1);
  for (const bool weighted : {false, true}) {
    for (std::size_t i = 0; weighted && i < 300; ++i) {
      a.weight.push_back(0.5 + static_cast<double>(i % 3));
    }
    b.weight = a.weight;
    for (const auto& name : metric_names(TaskType::classification)) {
      INFO(name << (weighted ? ", weighted" : ""));
      const auto there = compare_scored(name, a, b, 0.95);
      const auto back = compare_scored(name, b, a, 0.95);
      if (name == "top_5_accuracy") {
        CHECK_FALSE(there.value);
        CHECK(there.reason == "five classes or fewer");
        continue;
      }
      CHECK(*there.value == Approx(-*back.value).margin(1e-12));
      if (name == "rms_calibration_error") {
        CHECK(there.method == "none");
        continue;
      }
      REQUIRE(there.low);
      CHECK(*there.low < *there.value);
      CHECK(*there.value < *there.high);
      CHECK(*there.low == Approx(-*back.high).margin(0.01));
      CHECK(*there.p == Approx(*back.p).margin(1e-9));
      if (name.starts_with("f1") || name == "roc_auc") CHECK(*there.p < 0.01);
      if (weighted && name != "roc_auc") CHECK(there.method == "linearisation");
    }
  }
}

TEST_CASE("equal models differ by nothing", "[metrics]") {
  const auto a = pair_of(100, 1.0, 1.0, 2).first;
  const auto accuracy = compare_scored("accuracy", a, a, 0.95);
  CHECK(*accuracy.value == 0.0);
  CHECK(*accuracy.p == 1.0);
  CHECK(accuracy.method == "newcombe, mcnemar");
  CHECK(*accuracy.low < 0.0);
  const auto auc = compare_scored("roc_auc", a, a, 0.95);
  CHECK(auc.method == "none");
  CHECK_FALSE(auc.p);
  CHECK(compare_scored("log_loss", a, a, 0.95).method == "none");
}

TEST_CASE("models that are equally good are told apart about as often as the level says",
          "[metrics]") {
  for (const auto* name : {"accuracy", "roc_auc", "log_loss", "f1_macro"}) {
    INFO(name);
    int rejected = 0, held = 0;
    constexpr int kRepeats = 300;
    for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
      const auto [a, b] = pair_of(120, 1.0, 1.0, 100 + repeat);
      const auto difference = compare_scored(name, a, b, 0.95);
      rejected += *difference.p < 0.05;
      held += *difference.low <= 0.0 && 0.0 <= *difference.high;
    }
    CHECK(rejected < 0.1 * kRepeats);
    CHECK(held > 0.91 * kRepeats);
  }
}

TEST_CASE("regressions and texts are compared on their own resamples", "[metrics]") {
  Scored a, b;
  a.kind = b.kind = OutputKind::regression;
  const RandomStream stream(8, "regression");
  for (std::size_t i = 0; i < 200; ++i) {
    a.target_value.push_back(10.0 + stream.normal(i));
    a.value.push_back(a.target_value[i] + 0.5 * stream.normal(200 + i));
    b.value.push_back(a.target_value[i] + 1.0 * stream.normal(400 + i));
  }
  b.target_value = a.target_value;
  for (const auto& name : metric_names(TaskType::regression)) {
    INFO(name);
    const auto difference = compare_scored(name, a, b, 0.95);
    CHECK(difference.method == "bca bootstrap");
    CHECK(*difference.p < 0.01);
    CHECK((name == "r2" ? *difference.low > 0.0 : *difference.high < 0.0));
  }
  Scored c, d;
  c.kind = d.kind = OutputKind::language_model;
  c.bytes = d.bytes = 4000;
  for (std::size_t i = 0; i < 2000; ++i) {
    c.nll.push_back(2.0 + stream.normal(1000 + i));
    d.nll.push_back(c.nll[i] + 0.1 + 0.2 * stream.normal(4000 + i));
  }
  for (const std::string name : {"cross_entropy", "perplexity", "bits_per_byte"}) {
    INFO(name);
    const auto difference = compare_scored(name, c, d, 0.95);
    CHECK(difference.method == "block bootstrap");
    CHECK(*difference.high < 0.0);
    CHECK(*difference.p < 0.01);
  }
  for (std::int64_t start = 0; start < 2000; start += 50) c.document_starts.push_back(start);
  d.document_starts = c.document_starts;
  CHECK(compare_scored("cross_entropy", c, d, 0.95).method == "document bootstrap");
}

TEST_CASE("models of other rows are not compared, and the message says what differs", "[metrics]") {
  const auto [a, b] = pair_of(20, 1.0, 0.5, 3);
  auto other = b;
  CHECK(refusal("rmse", a, b) == "cannot compare: classification has no metric 'rmse'");
  other.target[0] = 1 - other.target[0];
  CHECK(refusal("accuracy", a, other) ==
        "cannot compare: the rows have different true labels or targets");
  other = b;
  other.labels = {"yes", "no"};
  CHECK(refusal("accuracy", a, other) ==
        "cannot compare: the models know different classes, or in another order");
  other = b;
  other.weight.assign(20, 2.0);  // all alike: as none
  CHECK_NOTHROW(compare_scored("accuracy", a, other, 0.95));
  other.weight[3] = 1.0;
  CHECK(refusal("accuracy", a, other) == "cannot compare: the rows have different weights");
  other = pair_of(19, 1.0, 0.5, 3).second;
  CHECK(refusal("accuracy", a, other) == "cannot compare: one model has 20 rows, the other 19");
  Scored regression;
  regression.kind = OutputKind::regression;
  CHECK(refusal("accuracy", a, regression) ==
        "cannot compare: one model does classification, the other regression");
}
