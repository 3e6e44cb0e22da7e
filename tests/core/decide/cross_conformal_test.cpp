// SPDX-License-Identifier: Apache-2.0
#include "core/decide/cross_conformal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "made_rows.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

using test::error_of;

// A model of one number: the mean of the training rows' targets. Small, so that folds differ.
struct SmallData {
  std::vector<double> target;
  std::vector<std::size_t> fold;
  std::vector<double> fold_mean;  // of the rows outside of each fold
};

SmallData small_data(std::uint64_t seed, std::size_t rows, std::size_t folds) {
  const RandomStream stream(seed, "small data");
  SmallData data;
  for (std::size_t i = 0; i < rows; ++i) {
    data.target.push_back(std::exp(stream.normal(i)));
    data.fold.push_back(i % folds);
  }
  for (std::size_t fold = 0; fold < folds; ++fold) {
    double sum = 0.0, count = 0.0;
    for (std::size_t i = 0; i < rows; ++i) {
      if (data.fold[i] == fold) continue;
      sum += data.target[i];
      ++count;
    }
    data.fold_mean.push_back(sum / count);
  }
  return data;
}

CrossConformal fitted(const SmallData& data, double alpha) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < data.target.size(); ++i) {
    scores.push_back(std::abs(data.target[i] - data.fold_mean[data.fold[i]]));
  }
  return {scores, data.fold, alpha};
}

}  // namespace

TEST_CASE("CV+ intervals cover near 1 - alpha, and never below 1 - 2 alpha", "[decide]") {
  const auto folds = GENERATE(5u, 30u);  // 30 rows in 30 folds: the jackknife+
  std::vector<double> coverages;
  for (std::uint64_t split = 0; split < 200; ++split) {
    const auto data = small_data(2 * split, 30, folds);
    const auto conformal = fitted(data, 0.1);
    const auto interval = conformal.interval(data.fold_mean);
    const RandomStream fresh(2 * split + 1, "small data");
    double covered = 0.0;
    for (std::size_t i = 0; i < 100; ++i) {
      const auto target = std::exp(fresh.normal(i));
      covered += interval.low <= target && target <= interval.high;
    }
    coverages.push_back(covered / 100);
  }
  const auto mean = std::accumulate(coverages.begin(), coverages.end(), 0.0) / 200;
  CHECK(mean > 0.88);
  CHECK(mean < 0.94);
}

TEST_CASE("an interval's ends are the ordered residuals around the folds' predictions",
          "[decide]") {
  // Residuals 1 .. 9 in one fold's prediction 10 and another's 20.
  const std::vector<double> scores{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<std::size_t> folds{0, 1, 0, 1, 0, 1, 0, 1, 0};
  const CrossConformal conformal(scores, folds, 0.2);
  const std::vector<double> predictions{10, 20};
  const auto interval = conformal.interval(predictions);
  // Lower: floor(0.2 * 10) = 2nd smallest of 1 3 5 7 9 (10 - odd) and 12 14 16 18: 3.
  CHECK(interval.low == 3.0);
  // Upper: ceil(0.8 * 10) = 8th smallest of 11 13 15 17 19 and 22 24 26 28: 26.
  CHECK(interval.high == 26.0);
}

TEST_CASE("a p-value counts rows as strange as the candidate, by their own fold's model",
          "[decide]") {
  const std::vector<double> scores{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  const std::vector<std::size_t> folds{0, 0, 0, 1, 1, 1, 2, 2, 2};
  const CrossConformal conformal(scores, folds, 0.2);
  CHECK(conformal.folds() == 3);
  CHECK(conformal.rows() == 9);
  CHECK(conformal.p_value(std::vector<double>{0.2, 0.55, 1.0}) == Approx(0.4).epsilon(1e-15));
  CHECK(conformal.p_value(std::vector<double>{0.0, 0.0, 0.0}) == 1.0);
  CHECK(conformal.p_value(std::vector<double>{2.0, 2.0, 2.0}) == Approx(0.1).epsilon(1e-15));
  // [F, K]: the second class is too strange for all folds.
  const std::vector<double> two{0.1, 2.0, 0.4, 2.0, 0.7, 2.0};
  CHECK(conformal.set(two, 2) == std::vector<std::int64_t>{0});
}

TEST_CASE("cross-conformal sets of classes cover", "[decide]") {
  double covered = 0.0, size = 0.0;
  constexpr int kSplits = 200, kFresh = 50;
  for (std::uint64_t split = 0; split < kSplits; ++split) {
    // Each fold's model is a little different: its own sureness.
    const std::vector<double> sureness{1.0, 1.5, 2.0, 2.5};
    std::vector<double> scores;
    std::vector<std::size_t> folds;
    for (std::size_t fold = 0; fold < 4; ++fold) {
      const auto rows = test::made_rows(10, 3, 1.5, sureness[fold], 100 * split + fold);
      for (std::size_t i = 0; i < 10; ++i) {
        scores.push_back(conformal_scores(ConformalMethod::lac, rows.row(i))[rows.label(i)]);
        folds.push_back(fold);
      }
    }
    const CrossConformal conformal(scores, folds, 0.1);
    std::vector<CalibrationRows> by_fold;
    for (const auto sure : sureness) {
      by_fold.push_back(test::made_rows(kFresh, 3, 1.5, sure, 100 * split + 50));
    }
    for (std::size_t i = 0; i < kFresh; ++i) {
      std::vector<double> fold_scores;
      for (const auto& rows : by_fold) {
        const auto own = conformal_scores(ConformalMethod::lac, rows.row(i));
        fold_scores.insert(fold_scores.end(), own.begin(), own.end());
      }
      const auto set = conformal.set(fold_scores, 3);
      covered += std::count(set.begin(), set.end(), by_fold[0].labels[i]) > 0;
      size += static_cast<double>(set.size());
    }
  }
  CHECK(covered / (kSplits * kFresh) > 0.88);
  CHECK(size / (kSplits * kFresh) < 2.9);
}

TEST_CASE("cross-conformal scores that do not fit together are refused", "[decide]") {
  const auto fault = [](std::vector<double> scores, std::vector<std::size_t> folds, double alpha) {
    const auto error = error_of([&] { CrossConformal(scores, folds, alpha); });
    REQUIRE(error);
    return std::string(error->what());
  };
  const std::vector<double> ten(10, 0.5);
  CHECK(fault({0.1, 0.2}, {0, 1}, 0.1) ==
        "cross-conformal scores: alpha 0.1 needs 9 rows at least; found 2");
  CHECK(fault(ten, {0, 1}, 0.1) == "cross-conformal scores: 2 folds for 10 rows");
  CHECK(fault(ten, std::vector<std::size_t>(10, 1), 0.1) ==
        "cross-conformal scores: fold 0 has no rows");
  auto bad = ten;
  bad[4] = std::nan("");
  CHECK(fault(bad, std::vector<std::size_t>(10, 0), 0.1) ==
        "cross-conformal scores: row 4: found nan; allowed: a finite number");
}

}  // namespace candor
