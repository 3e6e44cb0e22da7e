// SPDX-License-Identifier: Apache-2.0
#include "core/decide/conformal.h"

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
using test::made_rows;

bool covers(const std::vector<std::int64_t>& set, std::int64_t label) {
  return std::find(set.begin(), set.end(), label) != set.end();
}

// Mean of `values` and its standard error.
std::pair<double, double> mean_and_error(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const auto mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0.0;
  for (const auto value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

// The guarantee, within three standard errors.
void check_coverage(const std::vector<double>& coverages, double alpha, std::size_t n) {
  const auto [mean, error] = mean_and_error(coverages);
  INFO("mean coverage " << mean << ", standard error " << error);
  CHECK(mean >= 1 - alpha - 3 * error);
  CHECK(mean <= 1 - alpha + 1 / (static_cast<double>(n) + 1) + 3 * error);
}

constexpr std::size_t kSplits = 200;

}  // namespace

TEST_CASE("the quantile is the ceil((n + 1)(1 - alpha))-th smallest", "[decide]") {
  std::vector<double> scores(100);
  std::iota(scores.begin(), scores.end(), 1.0);
  std::reverse(scores.begin(), scores.end());
  CHECK(conformal_quantile(scores, 0.1) == 91.0);
  CHECK(conformal_quantile(scores, 0.5) == 51.0);
  scores.resize(99);  // 100 .. 2; 100 * 0.9 is the 90th
  CHECK(conformal_quantile(scores, 0.1) == 91.0);
  CHECK(conformal_quantile({3.0}, 0.5) == 3.0);
}

TEST_CASE("too few rows for an alpha: everything is in the set", "[decide]") {
  CHECK(rows_needed(0.05) == 19);
  CHECK(rows_needed(0.1) == 9);
  CHECK(rows_needed(0.01) == 99);
  CHECK(rows_needed(0.9) == 1);
  for (const auto alpha : {0.01, 0.05, 0.1, 0.2, 0.3}) {
    const auto needed = rows_needed(alpha);
    CHECK(std::isfinite(conformal_quantile(std::vector<double>(needed, 0.5), alpha)));
    CHECK(std::isinf(conformal_quantile(std::vector<double>(needed - 1, 0.5), alpha)));
  }
  for (const std::size_t rows : {1u, 8u, 12u, 60u, 999u, 12345u}) {
    const auto least = smallest_alpha(rows);
    CHECK(rows_needed(least) <= rows);
    if (least > 0.0002) CHECK(rows_needed(least - 0.0001) > rows);
  }
}

TEST_CASE("fitting on too few rows is refused with what would do", "[decide]") {
  const auto rows = made_rows(12, 2, 1.0, 1.0, 0);
  const auto error = error_of([&] { fit_conformal(rows, ConformalMethod::lac, 0.05); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(
      error->what() ==
      std::string("calibration.conformal: alpha 0.05 needs 19 calibration rows at least; found 12; "
                  "give data.split.calibration a larger fraction, or an alpha of 0.077 or more"));
  const auto range = error_of([&] { fit_conformal(rows, ConformalMethod::lac, 1.0); });
  REQUIRE(range);
  CHECK(range->kind() == ErrorKind::config);
  CHECK(range->what() ==
        std::string("calibration.conformal.alpha: found 1; allowed: above 0, below 1"));
}

TEST_CASE("scores of known probabilities", "[decide]") {
  const std::vector<double> row{0.5, 0.2, 0.3};
  const auto lac = conformal_scores(ConformalMethod::lac, row);
  CHECK(lac == std::vector<double>{0.5, 0.8, 0.7});
  const auto aps = conformal_scores(ConformalMethod::aps, row);
  const auto share = uniform_of(row, "conformal");
  CHECK(aps[0] == Approx(share * 0.5).epsilon(1e-15));
  CHECK(aps[2] == Approx(0.5 + share * 0.3).epsilon(1e-15));
  CHECK(aps[1] == Approx(0.8 + share * 0.2).epsilon(1e-15));
  CHECK(conformal_scores(ConformalMethod::aps, row) == aps);  // the same row, the same scores
}

TEST_CASE("the share of a row looks uniform over rows", "[decide]") {
  const auto rows = made_rows(4000, 3, 1.0, 1.0, 5);
  std::vector<double> shares;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    shares.push_back(uniform_of(rows.row(i), "conformal"));
  }
  std::sort(shares.begin(), shares.end());
  double largest = 0.0;  // Kolmogorov-Smirnov distance
  for (std::size_t i = 0; i < shares.size(); ++i) {
    largest = std::max(largest, std::abs(shares[i] - (static_cast<double>(i) + 0.5) / 4000));
  }
  CHECK(largest < 1.63 / std::sqrt(4000.0));  // 1 % level
  CHECK(uniform_of(rows.row(0), "a") != uniform_of(rows.row(0), "b"));
}

TEST_CASE("sets cover as promised: between 1 - alpha and 1 - alpha + 1 / (n + 1)", "[decide]") {
  const auto method = GENERATE(ConformalMethod::lac, ConformalMethod::aps);
  const auto alpha = GENERATE(0.05, 0.1, 0.3);
  constexpr std::size_t n = 60;
  std::vector<double> coverages;
  for (std::size_t split = 0; split < kSplits; ++split) {
    // Far too sure of itself: the promise does not hang on the model.
    const auto conformal = fit_conformal(made_rows(n, 4, 1.5, 3.0, 2 * split), method, alpha);
    const auto fresh = made_rows(150, 4, 1.5, 3.0, 2 * split + 1);
    double covered = 0.0;
    for (std::size_t i = 0; i < fresh.count(); ++i) {
      covered += covers(prediction_set(conformal, fresh.row(i)), fresh.labels[i]);
    }
    coverages.push_back(covered / 150);
  }
  check_coverage(coverages, alpha, n);
}

TEST_CASE("intervals cover as promised", "[decide]") {
  constexpr std::size_t n = 50;
  std::vector<double> coverages;
  for (std::size_t split = 0; split < kSplits; ++split) {
    const RandomStream stream(split, "residuals");
    std::vector<double> targets, predictions;
    for (std::size_t i = 0; i < n + 200; ++i) {
      predictions.push_back(10 * stream.normal(2 * i));
      targets.push_back(predictions.back() + std::pow(stream.normal(2 * i + 1), 3));
    }
    const auto conformal =
        fit_conformal_residuals({targets.data(), n}, {predictions.data(), n}, 0.1);
    double covered = 0.0;
    for (std::size_t i = n; i < n + 200; ++i) {
      const auto interval = prediction_interval(conformal, predictions[i]);
      covered += interval.low <= targets[i] && targets[i] <= interval.high;
    }
    coverages.push_back(covered / 200);
  }
  check_coverage(coverages, 0.1, n);
}

TEST_CASE("per group the promise holds in each group; for all alike it does not", "[decide]") {
  // Group a is hard, b easy.
  const auto mixed = [](std::uint64_t seed, std::size_t each) {
    auto rows = made_rows(each, 3, 0.3, 1.0, 2 * seed);
    const auto easy = made_rows(each, 3, 4.0, 1.0, 2 * seed + 1);
    rows.groups.assign(each, "a");
    rows.groups.insert(rows.groups.end(), each, "b");
    rows.labels.insert(rows.labels.end(), easy.labels.begin(), easy.labels.end());
    rows.probabilities.insert(rows.probabilities.end(), easy.probabilities.begin(),
                              easy.probabilities.end());
    return rows;
  };
  constexpr std::size_t n = 40;
  std::map<std::string, std::vector<double>> coverages, alike;
  for (std::size_t split = 0; split < kSplits; ++split) {
    const auto rows = mixed(2 * split, n);
    const auto conformal = fit_conformal(rows, ConformalMethod::lac, 0.1, "kind");
    const auto overall = fit_conformal(rows, ConformalMethod::lac, 0.1);
    const auto fresh = mixed(2 * split + 1, 100);
    std::map<std::string, double> covered, covered_alike;
    for (std::size_t i = 0; i < fresh.count(); ++i) {
      const auto& group = fresh.groups[i];
      covered[group] += covers(prediction_set(conformal, fresh.row(i), group), fresh.labels[i]);
      covered_alike[group] += covers(prediction_set(overall, fresh.row(i)), fresh.labels[i]);
    }
    for (const auto* group : {"a", "b"}) {
      coverages[group].push_back(covered[group] / 100);
      alike[group].push_back(covered_alike[group] / 100);
    }
  }
  check_coverage(coverages["a"], 0.1, n);
  check_coverage(coverages["b"], 0.1, n);
  CHECK(mean_and_error(alike["b"]).first > 0.92);
  CHECK(mean_and_error(alike["a"]).first < 0.88);
}

TEST_CASE("a group with few rows, one never seen, and none: the whole set", "[decide]") {
  auto rows = made_rows(40, 3, 2.0, 1.0, 1);
  rows.groups.assign(35, "many");
  rows.groups.insert(rows.groups.end(), 5, "few");
  const auto conformal = fit_conformal(rows, ConformalMethod::lac, 0.1, "kind");
  CHECK(std::isfinite(conformal.quantile_of("many")));
  CHECK(std::isinf(conformal.quantile_of("few")));
  CHECK(std::isinf(conformal.quantile_of("other")));
  CHECK(std::isinf(conformal.quantile_of(std::nullopt)));
  const std::vector<double> sure{0.998, 0.001, 0.001};
  CHECK(prediction_set(conformal, sure, "few") == std::vector<std::int64_t>{0, 1, 2});
  CHECK(prediction_set(conformal, sure, "many") == std::vector<std::int64_t>{0});
}

TEST_CASE("lac sets are smaller, aps sets grow with doubt", "[decide]") {
  const auto rows = made_rows(2000, 5, 1.5, 1.0, 3);
  const auto fresh = made_rows(2000, 5, 1.5, 1.0, 4);
  const auto mean_size = [&](ConformalMethod method) {
    const auto conformal = fit_conformal(rows, method, 0.1);
    double size = 0.0;
    for (std::size_t i = 0; i < fresh.count(); ++i) {
      size += static_cast<double>(prediction_set(conformal, fresh.row(i)).size());
    }
    return size / 2000;
  };
  CHECK(mean_size(ConformalMethod::lac) < mean_size(ConformalMethod::aps));
  CHECK(mean_size(ConformalMethod::aps) < 5.0);
}

TEST_CASE("a residual that is no number is refused", "[decide]") {
  const std::vector<double> targets(20, 1.0);
  std::vector<double> predictions(20, 0.5);
  predictions[3] = std::nan("");
  const auto error = error_of([&] { fit_conformal_residuals(targets, predictions, 0.1); });
  REQUIRE(error);
  CHECK(error->what() == std::string("calibration row 3: target or prediction is not finite"));
}

}  // namespace candor
