// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_intervals.h"

#include <cmath>

#include "support/catch.h"

using namespace candor;

namespace {

Estimate wilson_share(double hit, double total) {
  return {hit / total, wilson(hit / total, total, 0.95)};
}

}  // namespace

// scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact")
TEST_CASE("exact intervals of shares equal those of scipy", "[metrics]") {
  struct Case {
    double hit, total, low, high;
  };
  for (const auto& [hit, total, low, high] :
       {Case{0, 20, 0.0, 0.16843347098308548},
        Case{3, 20, 0.03207093718554477, 0.37892682654529564},
        Case{20, 20, 0.8315665290169145, 1.0},
        Case{450, 500, 0.8702909143377965, 0.9248641849335849}}) {
    const auto interval = clopper_pearson(hit, total, 0.95);
    CHECK(interval.low == Approx(low).margin(1e-9));
    CHECK(interval.high == Approx(high).margin(1e-9));
  }
}

TEST_CASE("one end of an exact interval holds with its own confidence", "[metrics]") {
  // P(no hit in 20) = 0.05 at the upper bound.
  const auto interval = clopper_pearson(0.0, 20.0, two_sided_level(0.95));
  CHECK(std::pow(1.0 - interval.high, 20.0) == Approx(0.05));
}

// Newcombe 1998, "Interval estimation for the difference between independent proportions", table
// II, method 10.
TEST_CASE("differences of shares have Newcombe's intervals", "[metrics]") {
  struct Case {
    double a, m, b, n, low, high;
  };
  for (const auto& [a, m, b, n, low, high] :
       {Case{56, 70, 48, 80, 0.0524, 0.3339}, Case{9, 10, 3, 10, 0.1705, 0.8090},
        Case{10, 10, 0, 10, 0.6075, 1.0}}) {
    const auto interval = mover_difference(wilson_share(a, m), wilson_share(b, n));
    CHECK(interval.low == Approx(low).margin(6e-5));
    CHECK(interval.high == Approx(high).margin(6e-5));
  }
}

TEST_CASE("ratios turn with their sides, and say when they have no end", "[metrics]") {
  const auto a = wilson_share(30, 50);
  const auto b = wilson_share(20, 60);
  const auto ratio = ratio_interval(a, b);
  const auto turned = ratio_interval(b, a);
  REQUIRE(ratio);
  REQUIRE(turned);
  CHECK(ratio->low == Approx(1.0 / turned->high));
  CHECK(ratio->high == Approx(1.0 / turned->low));
  CHECK(ratio->low < 1.8);
  CHECK(ratio->high > 1.8);
  const auto none = wilson_share(0, 60);
  CHECK(ratio_interval(none, a)->low == 0.0);
  CHECK(ratio_interval(none, a)->high > 0.0);
  CHECK(std::isinf(ratio_interval(a, none)->high));
  CHECK(ratio_interval(a, none)->low > 1.0);
  CHECK_FALSE(ratio_interval(none, none));
}

// scipy: chi2_contingency without correction times (N - 1) / N; fisher_exact; ttest_ind.
TEST_CASE("p values equal those of scipy", "[metrics]") {
  CHECK(equal_shares_p({56, 70, 48, 80}) == Approx(0.00825828792938078));
  CHECK(equal_shares_p({0, 5, 2, 302}) == Approx(1.0));
  CHECK(equal_shares_p({2, 3, 0, 60}) == Approx(0.001536098310291859));
  CHECK(equal_shares_p({5, 5, 7, 7}) == 1.0);
  CHECK(student_factor(7.5, 0.95) == Approx(2.333039626864974));
}
