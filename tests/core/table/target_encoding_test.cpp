// SPDX-License-Identifier: Apache-2.0
#include "core/table/target_encoding.h"

#include <algorithm>
#include <vector>

#include "core/base/json.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Indices = std::vector<std::int64_t>;

std::vector<double> ones(std::size_t count) { return std::vector<double>(count, 1.0); }

EncodingTargets targets_of(const Json& entry) {
  if (entry["kind"] == "continuous") return {1, entry["target"].get<std::vector<double>>()};
  const auto labels = entry["target"].get<Indices>();
  return class_targets(labels, entry["kind"] == "binary" ? 2 : 3);
}

}  // namespace

TEST_CASE("encodings are scikit-learn's, on all rows and out of fold", "[table]") {
  const auto golden = Json::parse(test::slurp(
      test::source_dir() + "/tests/golden/preprocess/preprocess.json"))["target_encoding"];
  const auto categories = golden["categories"].get<Indices>();
  const auto folds = golden["folds"].get<Indices>();
  const auto smoothing = golden["smoothing"].get<double>();
  const auto weights = ones(categories.size());
  for (const auto& entry : golden["targets"]) {
    CAPTURE(entry["kind"].get<std::string>());
    const auto targets = targets_of(entry);
    const auto whole = fit_encodings(categories, 4, targets, weights, smoothing);
    const auto apart = out_of_fold_encodings(categories, 4, targets, weights, smoothing, folds, 5);
    for (std::size_t row = 0; row < categories.size(); ++row) {
      for (std::size_t k = 0; k < targets.outputs; ++k) {
        const auto at = static_cast<std::size_t>(categories[row]) * targets.outputs + k;
        CHECK(whole[at] == Approx(entry["encodings"][row][k].get<double>()).epsilon(1e-9));
        CHECK(apart[row * targets.outputs + k] ==
              Approx(entry["out_of_fold"][row][k].get<double>()).epsilon(1e-9));
      }
    }
  }
}

TEST_CASE("no row's out-of-fold encoding depends on its own label", "[table]") {
  const std::size_t rows = 40;
  Indices categories, labels;
  for (std::size_t i = 0; i < rows; ++i) {
    categories.push_back(static_cast<std::int64_t>(i * i % 5));
    labels.push_back(static_cast<std::int64_t>(i * 7 % 3 == 0));
  }
  const auto weights = ones(rows);
  const auto folds = draw_folds(rows, 4, 9);
  const auto encoded = [&](const Indices& of) {
    return out_of_fold_encodings(categories, 5, class_targets(of, 2), weights, 3.0, folds, 4);
  };
  const auto before = encoded(labels);
  bool others_move = false;
  for (std::size_t row = 0; row < rows; ++row) {
    auto flipped = labels;
    flipped[row] = 1 - flipped[row];
    const auto after = encoded(flipped);
    CHECK(after[row] == before[row]);
    others_move = others_move || after != before;
  }
  CHECK(others_move);
}

TEST_CASE("folds have one size and follow from the seed", "[table]") {
  const auto folds = draw_folds(23, 5, 1);
  for (std::int64_t fold = 0; fold < 5; ++fold) {
    const auto size = std::count(folds.begin(), folds.end(), fold);
    CHECK((size == 4 || size == 5));
  }
  CHECK(folds == draw_folds(23, 5, 1));
  CHECK(folds != draw_folds(23, 5, 2));
}

TEST_CASE("weights count rows, and what no row holds is the mean of all", "[table]") {
  const EncodingTargets targets{1, {1.0, 0.0, 1.0}};
  const Indices categories = {0, 0, 1};
  const std::vector<double> weights = {3.0, 1.0, 4.0};
  const auto mean = 7.0 / 8.0;
  const auto encodings = fit_encodings(categories, 3, targets, weights, 2.0);
  CHECK(encodings[0] == Approx((3.0 + 2.0 * mean) / 6.0));
  CHECK(encodings[1] == Approx((4.0 + 2.0 * mean) / 6.0));
  CHECK(encodings[2] == Approx(mean));
  CHECK(fit_encodings(categories, 3, targets, weights, 0.0)[0] == Approx(0.75));
}

TEST_CASE("two classes give one share, more give one each but the last", "[table]") {
  const Indices labels = {0, 1, 2};
  CHECK(class_targets(Indices{0, 1}, 2).values == std::vector<double>{0, 1});
  const auto three = class_targets(labels, 3);
  CHECK(three.outputs == 2);
  CHECK(three.values == std::vector<double>{1, 0, 0, 1, 0, 0});
}
