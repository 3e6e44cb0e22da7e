// SPDX-License-Identifier: Apache-2.0
// Statistics of folds against direct formulas (tests/golden/select/make.py), and their properties.
#include <cmath>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/select/cross_validation.h"
#include "core/select/fold_auc.h"
#include "core/select/largest_normal.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

const Json& golden() {
  static const auto json =
      parse_json_file(test::source_dir() + "/tests/golden/select/folds.json", ErrorKind::failed);
  return json;
}

std::vector<FoldPredictions> folds_of(const Json& example) {
  const auto classes = example["classes"].get<std::size_t>();
  std::vector<FoldPredictions> folds(example["folds"].get<std::size_t>());
  for (std::size_t row = 0; row < example["fold"].size(); ++row) {
    auto& fold = folds[example["fold"][row].get<std::size_t>()];
    fold.rows.push_back(static_cast<std::int64_t>(row));
    fold.target.push_back(example["target"][row]);
    for (std::size_t k = 0; k < classes; ++k) {
      fold.probabilities.push_back(example["probabilities"][row * classes + k].get<float>());
    }
  }
  return folds;
}

FoldScore score(double accuracy, std::int64_t best_step = 10) {
  FoldScore result;
  result.rows = 20;
  result.training_rows = 80;
  result.steps = 40;
  result.best_step = best_step;
  result.steps_per_epoch = 10.0;
  result.metrics["accuracy"] = accuracy;
  return result;
}

CrossValidation validated(const std::string& name, const std::vector<double>& accuracies) {
  CrossValidation result;
  result.model = name;
  result.folds = static_cast<std::int64_t>(accuracies.size());
  result.rows = 100;
  result.kind = "stratified";
  result.digest = "abc";
  for (std::size_t i = 0; i < accuracies.size(); ++i) {
    result.scores.push_back(score(accuracies[i]));
    result.scores.back().fold = static_cast<std::int64_t>(i) + 1;
  }
  result.metrics = fold_means(result.scores, {"accuracy"}, result.confidence);
  return result;
}

}  // namespace

TEST_CASE("the largest of several normal numbers is that of the tables", "[select]") {
  for (const auto& row : golden()["largest"]) {
    INFO(row.dump());
    CHECK(expected_largest_normal(row[0]) == Approx(row[1].get<double>()).margin(1e-6));
  }
}

TEST_CASE("the mean over folds has the interval of Nadeau and Bengio", "[select]") {
  for (const auto& example : golden()["nadeau_bengio"]) {
    INFO(example["name"].get<std::string>());
    std::vector<FoldScore> scores;
    for (const auto& value : example["values"]) {
      scores.push_back(score(value));
      scores.back().rows = 1000;
      scores.back().training_rows = std::lround(1000 / example["share"].get<double>());
    }
    for (auto& fold : scores) fold.metrics["r2"] = fold.metrics["accuracy"];
    const auto mean = fold_means(scores, {"r2"}, example["confidence"]).front();
    CHECK(*mean.value == Approx(example["mean"].get<double>()).epsilon(1e-12));
    CHECK(*mean.low == Approx(example["low"].get<double>()).epsilon(1e-9));
    CHECK(*mean.high == Approx(example["high"].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("the area is averaged over folds, with the interval of its influence curves",
          "[select]") {
  for (const auto& example : golden()["auc"]) {
    INFO(example["name"].get<std::string>());
    const auto folds = folds_of(example);
    const auto classes = example["classes"].get<std::size_t>();
    for (std::size_t i = 0; i < folds.size(); ++i) {
      const auto area = fold_auc(folds[i], classes);
      REQUIRE(area);
      CHECK(*area == Approx(example["fold_values"][i].get<double>()).epsilon(1e-12));
    }
    const auto metric = cross_validated_auc(folds, classes, 0.95);
    REQUIRE(metric.value);
    CHECK(*metric.value == Approx(example["value"].get<double>()).epsilon(1e-12));
    CHECK(metric.method == "cross-validated auc");
    CHECK(*metric.low == Approx(example["low"].get<double>()).epsilon(1e-9));
    CHECK(*metric.high == Approx(example["high"].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("folds whose scores are on different scales do not spoil the area", "[select]") {
  auto folds = folds_of(golden()["auc"][0]);
  const auto before = cross_validated_auc(folds, 2, 0.95);
  for (auto& p : folds[0].probabilities) p *= 0.125F;  // pooled scores would change their order
  const auto after = cross_validated_auc(folds, 2, 0.95);
  CHECK(*after.value == Approx(*before.value).epsilon(1e-12));
  CHECK(*after.low == Approx(*before.low).epsilon(1e-12));
}

TEST_CASE("a row that two repeats hold out counts once", "[select]") {
  const auto folds = folds_of(golden()["auc"][0]);
  auto twice = folds;
  twice.insert(twice.end(), folds.begin(), folds.end());
  const auto once = cross_validated_auc(folds, 2, 0.95);
  const auto both = cross_validated_auc(twice, 2, 0.95);
  CHECK(*both.value == Approx(*once.value).epsilon(1e-12));
  CHECK(*both.low == Approx(*once.low).epsilon(1e-12));
}

TEST_CASE("an area without spread or without both classes says so", "[select]") {
  FoldPredictions perfect{
      {0, 1, 2, 3}, {0, 0, 1, 1}, {0.9F, 0.1F, 0.8F, 0.2F, 0.3F, 0.7F, 0.1F, 0.9F}};
  const auto exact = cross_validated_auc({perfect}, 2, 0.95);
  CHECK(*exact.value == 1.0);
  CHECK(exact.method == "exact");
  CHECK(*exact.low < 0.5);
  CHECK(*exact.high == 1.0);
  auto one_class = perfect;
  one_class.target = {1, 1, 1, 1};
  const auto undefined = cross_validated_auc({perfect, one_class}, 2, 0.95);
  CHECK_FALSE(undefined.value);
  CHECK(undefined.method == "none");
  CHECK(undefined.reason == "undefined in 1 of 2 folds");
}

// True area of two normal score distributions that lie `shift` apart: Phi(shift / sqrt 2).
TEST_CASE("the interval of the area covers the true one in about 95 of 100 samples", "[select]") {
  const double shift = 1.0, truth = 0.5 * std::erfc(-shift / 2.0);
  int covered = 0;
  constexpr int kSamples = 400;
  for (int sample = 0; sample < kSamples; ++sample) {
    const auto stream = RandomStream(7, "coverage").at(static_cast<std::uint64_t>(sample));
    std::vector<FoldPredictions> folds(5);
    for (std::int64_t row = 0; row < 300; ++row) {
      auto& fold = folds[static_cast<std::size_t>(row % 5)];
      const auto target = row / 5 % 2;
      const double score =
          stream.normal(static_cast<std::uint64_t>(row)) + (target == 1 ? shift : 0.0);
      fold.rows.push_back(row);
      fold.target.push_back(target);
      fold.probabilities.push_back(0.0F);
      fold.probabilities.push_back(static_cast<float>(score));
    }
    const auto metric = cross_validated_auc(folds, 2, 0.95);
    covered += *metric.low <= truth && truth <= *metric.high ? 1 : 0;
  }
  CHECK(covered >= kSamples * 92 / 100);
  CHECK(covered <= kSamples * 98 / 100);
}

TEST_CASE("means leave no metric's range, and name the folds where it is undefined", "[select]") {
  auto scores = validated("a", {0.99, 1.0, 1.0, 0.9}).scores;
  const auto high = fold_means(scores, {"accuracy"}, 0.95);
  REQUIRE(high[0].high);
  CHECK(*high[0].high == 1.0);
  CHECK(*high[0].low < 0.95);
  CHECK(high[0].method == "nadeau-bengio");
  CHECK(high[0].higher_is_better);
  scores[2].metrics["accuracy"] = std::nullopt;
  const auto gone = fold_means(scores, {"accuracy"}, 0.95);
  CHECK_FALSE(gone[0].value);
  CHECK(gone[0].reason == "undefined in 1 of 4 folds");
}

TEST_CASE("the epochs of a cross-validation are the median of its folds' best", "[select]") {
  auto result = validated("a", {0.8, 0.9, 0.7});
  result.scores[0].best_step = 20;
  result.scores[1].best_step = 0;  // the last step's weights
  result.scores[2].best_step = 30;
  CHECK(result.median_epochs() == 3.0);
  CHECK(result.median_steps() == 30.0);
}

TEST_CASE("cross_validation.json comes back as it was written", "[select]") {
  const auto before = validated("people", {0.8, 0.9, 0.85, 0.7});
  const auto json = cross_validation_json(before);
  const auto after = cross_validation_from_json(json, "f.json");
  CHECK(cross_validation_json(after) == json);
  CHECK(after.find("accuracy") != nullptr);
  CHECK(after.find("rmse") == nullptr);
  const auto error = error_of([&] {
    cross_validation_from_json({{"format_version", 1}}, "f.json");
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK_THAT(error->what(), CANDOR_CONTAINS("f.json: is not what candor train writes there"));
}

TEST_CASE("the table of a cross-validation says mean, interval and range", "[select]") {
  const auto text = cross_validation_text(validated("people", {0.8, 0.9, 0.85, 0.75}), false);
  CHECK_THAT(text, CANDOR_CONTAINS("people: 4 folds of 100 rows (stratified)\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("accuracy          0.8250"));
  CHECK_THAT(text, CANDOR_CONTAINS("0.7500 to 0.9000  nadeau-bengio"));
}

TEST_CASE("two runs on the same folds are told apart by their paired differences", "[select]") {
  const auto a = validated("a", {0.80, 0.84, 0.79, 0.86, 0.82});
  const auto b = validated("b", {0.83, 0.87, 0.82, 0.885, 0.85});
  const auto worse = compare_folds(a, b, "accuracy", 0.95);
  CHECK(*worse.value == Approx(-0.029).epsilon(1e-9));
  CHECK(worse.method == "nadeau-bengio");
  CHECK(*worse.high < 0.0);
  CHECK(*worse.p < 0.001);
  const auto other_way = compare_folds(b, a, "accuracy", 0.95);
  CHECK(*other_way.value == Approx(0.029));
  CHECK(*other_way.low == Approx(-*worse.high));
  CHECK(*other_way.p == Approx(*worse.p));
  const auto same = compare_folds(a, a, "accuracy", 0.95);
  CHECK(*same.value == 0.0);
  CHECK(same.method == "none");
  CHECK(same.reason == "there is no test for a difference that is the same in every fold");
}

TEST_CASE("runs on other folds are not compared fold by fold", "[select]") {
  const auto a = validated("a", {0.80, 0.84});
  auto b = validated("b", {0.83, 0.87});
  b.digest = "xyz";
  const auto error = error_of([&] { compare_folds(a, b, "accuracy", 0.95); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "a and b: their folds are not the same rows (folds_sha256 in cross_validation.json); "
        "cross-validate both with the same data, data.split and cross_validation");
  b.digest = a.digest;
  const auto missing = compare_folds(a, b, "brier", 0.95);
  CHECK_FALSE(missing.value);
  CHECK(missing.reason == "some folds have no brier");
}
