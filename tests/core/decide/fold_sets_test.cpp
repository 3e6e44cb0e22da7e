// SPDX-License-Identifier: Apache-2.0
// Sets of a model of all rows, by what the models of folds said of the rows that they had not seen.
#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/decide/conformal.h"
#include "support/catch.h"

namespace candor {
namespace {

constexpr std::size_t kRows = 60, kFresh = 100, kSplits = 200, kClasses = 3;

struct Points {
  std::vector<double> x, y;
  std::vector<std::int64_t> label;

  std::size_t count() const { return label.size(); }
};

// Three clouds around the corners of a triangle, which overlap.
Points clouds(std::uint64_t seed, std::size_t count) {
  const RandomStream stream(seed, "clouds");
  Points points;
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    const auto label = static_cast<std::int64_t>(own.below(0, kClasses));
    points.label.push_back(label);
    points.x.push_back(own.normal(1) + (label == 1 ? 2.0 : 0.0));
    points.y.push_back(own.normal(2) + (label == 2 ? 2.0 : 0.0));
  }
  return points;
}

// A model that remembers its rows: each class by the nearness of its rows.
std::vector<double> probabilities(const Points& training, const std::vector<std::size_t>& rows,
                                  double x, double y) {
  std::vector<double> sums(kClasses, 0.02);
  for (const auto row : rows) {
    const auto dx = training.x[row] - x, dy = training.y[row] - y;
    sums[static_cast<std::size_t>(training.label[row])] += std::exp(-(dx * dx + dy * dy) / 0.5);
  }
  double total = 0.0;
  for (const auto sum : sums) total += sum;
  for (auto& sum : sums) sum /= total;
  return sums;
}

std::vector<std::size_t> rows_outside(std::size_t fold, std::size_t folds) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < kRows; ++row) {
    if (folds == 0 || row % folds != fold) rows.push_back(row);
  }
  return rows;
}

// What is said of each training row: by the model of the other folds, or, without folds, by the
// model of all rows, which has seen it.
CalibrationRows answered(const Points& training, std::size_t folds) {
  CalibrationRows rows;
  rows.classes = kClasses;
  rows.labels = training.label;
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto others = rows_outside(folds == 0 ? 0 : row % folds, folds);
    const auto own = probabilities(training, others, training.x[row], training.y[row]);
    rows.probabilities.insert(rows.probabilities.end(), own.begin(), own.end());
  }
  return rows;
}

// Mean share of new rows whose class is in the set of the model of all rows.
double mean_coverage(ConformalMethod method, double alpha, std::size_t folds) {
  double covered = 0.0;
  for (std::uint64_t split = 0; split < kSplits; ++split) {
    const auto training = clouds(2 * split, kRows);
    const auto conformal = fit_conformal(answered(training, folds), method, alpha);
    const auto all = rows_outside(0, 0);
    const auto fresh = clouds(2 * split + 1, kFresh);
    for (std::size_t i = 0; i < fresh.count(); ++i) {
      const auto set =
          prediction_set(conformal, probabilities(training, all, fresh.x[i], fresh.y[i]));
      covered += std::find(set.begin(), set.end(), fresh.label[i]) != set.end();
    }
  }
  return covered / (kSplits * kFresh);
}

}  // namespace

TEST_CASE("sets by folds cover near 1 - alpha, where those by rows that were seen do not",
          "[decide]") {
  const auto method = GENERATE(ConformalMethod::lac, ConformalMethod::aps);
  const auto alpha = GENERATE(0.1, 0.3);
  const auto by_folds = mean_coverage(method, alpha, 5);
  const auto by_seen_rows = mean_coverage(method, alpha, 0);
  INFO("alpha " << alpha << ": by folds " << by_folds << ", by rows that were seen "
                << by_seen_rows);
  CHECK(by_folds > 1 - alpha - 0.02);
  CHECK(by_folds < 1 - alpha + 0.05);
  CHECK(by_seen_rows < 1 - alpha - 0.05);
}

}  // namespace candor
