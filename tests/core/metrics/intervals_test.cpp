// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/intervals.h"

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/metrics/bootstrap.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

Json formulas() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/metrics/formulas.json"));
}

// Autoregressive series: each value carries `memory` of the one before.
std::vector<double> series(std::size_t size, double memory, std::uint64_t seed) {
  const RandomStream stream(seed, "series");
  std::vector<double> values;
  double last = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    last = memory * last + stream.normal(i);
    values.push_back(last);
  }
  return values;
}

}  // namespace

TEST_CASE("the normal quantile equals SciPy's", "[metrics]") {
  const auto all = formulas();
  for (const auto& row : all["normal_quantile"]) {
    CHECK(normal_quantile(row[0]) == Approx(row[1].get<double>()).margin(1e-12).epsilon(1e-12));
  }
}

TEST_CASE("Wilson's interval equals SciPy's", "[metrics]") {
  const auto all = formulas();
  for (const auto& row : all["wilson"]) {
    const double count = row[1];
    const auto interval = wilson(row[0].get<double>() / count, count, row[2]);
    CHECK(interval.low == Approx(row[3].get<double>()).margin(1e-12));
    CHECK(interval.high == Approx(row[4].get<double>()).margin(1e-12));
  }
}

TEST_CASE("Wilson's interval gives the published error rates of the COMPAS data", "[metrics]") {
  struct Row {
    double hits, count, low, high;
  };
  for (const auto& row : {Row{805, 1795, .425595, .471561}, Row{349, 1488, .213715, .256738},
                          Row{532, 1901, .260132, .300462}, Row{461, 966, .445881, .508751}}) {
    const auto interval = wilson(row.hits / row.count, row.count, 0.95);
    CHECK(interval.low == Approx(row.low).margin(5e-7));
    CHECK(interval.high == Approx(row.high).margin(5e-7));
  }
}

TEST_CASE("Wilson's interval holds the true proportion about as often as it says", "[metrics]") {
  const RandomStream stream(1, "coverage");
  int held = 0;
  constexpr int kRepeats = 2000;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    int hits = 0;
    for (std::uint64_t i = 0; i < 80; ++i) hits += stream.at(repeat).uniform(i) < 0.85;
    const auto interval = wilson(hits / 80.0, 80, 0.95);
    held += interval.low <= 0.85 && 0.85 <= interval.high;
  }
  CHECK(held > 0.93 * kRepeats);
  CHECK(held < 0.98 * kRepeats);
}

TEST_CASE("Student's quantile equals SciPy's", "[metrics]") {
  const auto all = formulas();
  for (const auto& row : all["student_quantile"]) {
    CHECK(student_quantile(row[0], row[1]) ==
          Approx(row[2].get<double>()).margin(1e-10).epsilon(1e-10));
  }
  CHECK(student_quantile(0.975, 1e12) == Approx(normal_quantile(0.975)));
}

TEST_CASE("Clopper and Pearson's interval and bounds equal SciPy's", "[metrics]") {
  const auto all = formulas();
  for (const auto& row : all["clopper_pearson"]) {
    const auto interval = clopper_pearson(row[0], row[1], row[2]);
    CHECK(interval.low == Approx(row[3].get<double>()).margin(1e-12));
    CHECK(interval.high == Approx(row[4].get<double>()).margin(1e-12));
    CHECK(clopper_pearson_lower(row[0], row[1], row[2]) ==
          Approx(row[5].get<double>()).margin(1e-12));
    CHECK(clopper_pearson_upper(row[0], row[1], row[2]) ==
          Approx(row[6].get<double>()).margin(1e-12));
  }
}

TEST_CASE("the exact bound is never wrong more often than it says, for any proportion",
          "[metrics]") {
  constexpr int kCount = 30;
  std::vector<double> bounds;
  for (int hits = 0; hits <= kCount; ++hits) {
    bounds.push_back(clopper_pearson_lower(hits, kCount, 0.95));
  }
  for (double p = 0.01; p < 1.0; p += 0.01) {
    double wrong = 0.0;
    for (int hits = 0; hits <= kCount; ++hits) {
      if (bounds[static_cast<std::size_t>(hits)] <= p) continue;
      wrong += std::exp(std::lgamma(kCount + 1) - std::lgamma(hits + 1) -
                        std::lgamma(kCount - hits + 1) + hits * std::log(p) +
                        (kCount - hits) * std::log1p(-p));
    }
    CHECK(wrong <= 0.05 + 1e-12);
  }
}

TEST_CASE("one estimate keeps its interval, and a sum of equal ones shrinks with the root",
          "[metrics]") {
  const Estimate one{0.8, {0.6, 0.9}};
  const auto same = mover_mean(std::vector{one});
  CHECK(same.low == Approx(0.6));
  CHECK(same.high == Approx(0.9));
  const auto four = mover_mean(std::vector{one, one, one, one});
  CHECK(four.low == Approx(0.7));
  CHECK(four.high == Approx(0.85));
  // Minus a constant.
  const auto shifted = mover_difference(one, {0.1, {0.1, 0.1}});
  CHECK(shifted.low == Approx(0.5));
  CHECK(shifted.high == Approx(0.8));
}

TEST_CASE("Newcombe's interval for paired shares gives the published figures", "[metrics]") {
  // Newcombe 1998, table II, method 10.
  const auto interval = newcombe_paired({36, 12, 2, 0}, 0.95);
  CHECK(interval.low == Approx(0.0569).margin(5e-5));
  CHECK(interval.high == Approx(0.3404).margin(5e-5));
  // Turned round, it is the same with the other sign.
  const auto turned = newcombe_paired({36, 2, 12, 0}, 0.95);
  CHECK(turned.low == Approx(-interval.high));
  CHECK(turned.high == Approx(-interval.low));
  const auto none = newcombe_paired({0, 0, 0, 40}, 0.95);
  CHECK(none.low == Approx(-none.high));
}

TEST_CASE("a linearised interval respects the ends of the range", "[metrics]") {
  const auto share = linearised_interval(0.98, 0.02, 50, 0.95, 0.0, 1.0);
  REQUIRE(share);
  CHECK(share->low > 0.0);
  CHECK(share->high < 1.0);
  CHECK(share->high - 0.98 < 0.98 - share->low);
  const auto error = linearised_interval(2.0, 0.5, 50, 0.95, 0.0, INFINITY);
  REQUIRE(error);
  CHECK(error->low * error->high == Approx(4.0));
  const auto fit = linearised_interval(0.9, 0.05, 50, 0.95, -INFINITY, 1.0);
  REQUIRE(fit);
  CHECK((1.0 - fit->low) * (1.0 - fit->high) == Approx(0.01));
  const auto correlation = linearised_interval(0.5, 0.1, 1e12, 0.95, -1.0, 1.0);
  REQUIRE(correlation);
  CHECK(std::atanh(correlation->high) - std::atanh(0.5) ==
        Approx(1.959963985 * 0.1 / 0.75).epsilon(1e-6));
  const auto plain = linearised_interval(0.5, 0.1, 1e12, 0.95, -INFINITY, INFINITY);
  REQUIRE(plain);
  CHECK(plain->high == Approx(0.5 + 0.1959963985));
  CHECK_FALSE(linearised_interval(1.0, 0.1, 50, 0.95, 0.0, 1.0));
  CHECK_FALSE(linearised_interval(0.5, 0.0, 50, 0.95, 0.0, 1.0));
}

TEST_CASE("trials that never differ give a one-sided exact bound", "[metrics]") {
  const auto all = constant_outcome_interval(1.0, 20, 0.95);
  CHECK(all.low == Approx(std::pow(0.05, 1.0 / 20)));
  CHECK(all.high == 1.0);
  const auto none = constant_outcome_interval(0.0, 20, 0.95);
  CHECK(none.low == 0.0);
  CHECK(none.high == Approx(1.0 - std::pow(0.05, 1.0 / 20)));
  const auto ties = constant_outcome_interval(0.5, 20, 0.95);
  CHECK(ties.low == Approx(1.0 - ties.high));
  CHECK(ties.low < 0.5);
}

TEST_CASE("a resample draws as many rows as there are, and the same ones every time", "[metrics]") {
  std::vector<std::uint32_t> counts;
  std::vector<double> sums(101, 0.0);
  for (std::size_t r = 0; r < 1000; ++r) {
    draw_counts(101, r, counts);
    REQUIRE(counts.size() == 101);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sum += counts[i];
      sums[i] += counts[i];
    }
    REQUIRE(sum == 101);
  }
  for (const auto sum : sums) CHECK(sum / 1000 == Approx(1.0).margin(0.16));
  const auto last = counts;
  draw_counts(101, 999, counts);
  CHECK(counts == last);
}

TEST_CASE("fewer resamples are drawn of very many rows", "[metrics]") {
  CHECK(resample_count(0) == 1000);
  CHECK(resample_count(100'000) == 1000);
  CHECK(resample_count(200'000) == 500);
  CHECK(resample_count(100'000'000) == 100);
}

TEST_CASE("resampled values that do not differ make no interval", "[metrics]") {
  CHECK_FALSE(bootstrap_interval(0.5, std::vector<double>(1000, 0.5), 0.95, 0, 1));
  CHECK_FALSE(bootstrap_interval(0.5, {0.4, 0.6}, 0.95, 0, 1));
}

TEST_CASE("a bootstrap interval holds its value and stays in the metric's range", "[metrics]") {
  const RandomStream stream(3, "samples");
  for (const std::size_t size : {100, 1000}) {
    std::vector<double> samples;
    for (std::size_t i = 0; i < size; ++i) samples.push_back(0.1 + 0.1 * stream.normal(i));
    const auto interval = bootstrap_interval(0.05, samples, 0.95, 0.0, 1.0);
    REQUIRE(interval);
    CHECK(interval->low == 0.0);
    CHECK(interval->high == Approx(0.05 + 1.96 * 0.1).margin(0.05));
  }
}

TEST_CASE("blocks are longer the longer a series remembers", "[metrics]") {
  const auto white = block_length(series(5000, 0.0, 1));
  const auto red = block_length(series(5000, 0.9, 1));
  CHECK(white >= std::cbrt(5000.0) - 1e-9);
  CHECK(white < 40);
  CHECK(red > 1.5 * white);
  CHECK(red <= 3 * std::sqrt(5000.0));
  CHECK(block_length({1.0, 2.0}) == 1.0);
  CHECK(block_length(std::vector<double>(100, 1.0)) == Approx(std::cbrt(100.0)));
}

// As published in Feldman and Cousins 1998, table X: the limits of a mean of 0 or more, of which
// one value was measured with a standard error of 1.
TEST_CASE("tails beside a border lead to the limits that Feldman and Cousins published",
          "[metrics]") {
  struct Row {
    double seen, confidence, low, high;
  };
  const auto normal_below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (const auto& [seen, confidence, low, high] :
       {Row{-3.0, 0.9, 0.0, 0.26}, Row{-1.0, 0.9, 0.0, 0.81}, Row{0.0, 0.9, 0.0, 1.64},
        Row{1.0, 0.9, 0.0, 2.64}, Row{1.3, 0.9, 0.02, 2.94}, Row{2.0, 0.9, 0.58, 3.64},
        Row{-2.0, 0.95, 0.0, 0.62}, Row{0.0, 0.95, 0.0, 1.96}, Row{1.7, 0.95, 0.06, 3.66},
        Row{3.0, 0.95, 1.14, 4.96}}) {
    INFO(seen << " at " << confidence);
    // A mean is in the interval where what was seen is in neither of its tails.
    const auto holds = [&](double mean) {
      const auto tails = unified_tails(mean, confidence);
      return normal_below(seen - mean) >= tails.below && normal_below(mean - seen) >= tails.above;
    };
    const auto border = [&](double from, double to) {
      for (int i = 0; i < 50; ++i) (holds(0.5 * (from + to)) ? from : to) = 0.5 * (from + to);
      return from;
    };
    const auto inside = std::max(seen, 0.05);
    REQUIRE(holds(inside));
    CHECK(border(inside, 10.0) == Approx(high).margin(0.006));
    CHECK((holds(0.0) ? 0.0 : border(inside, 0.0)) == Approx(low).margin(0.006));
  }
  for (const double distance : {0.0, 0.1, 1.0, 1.9, 2.5}) {
    const auto tails = unified_tails(distance, 0.95);
    CHECK(tails.below + tails.above == Approx(0.05));
    CHECK(tails.below <= 0.025 + 1e-12);
  }
}

TEST_CASE("what blocks miss of a series with memory is made up for", "[metrics]") {
  // AR(1) with 0.8: blocks of 20 see correlations of 0.8 keep instead of 0.8, keep = 0.95.
  const auto red = block_error(series(200'000, 0.8, 5), 20.0);
  const auto of_sum = [](double product) { return (1.0 + product) / (1.0 - product); };
  const auto seen = of_sum(0.8 * 0.95), made_up = 2.0 * seen - of_sum(0.8 * (1.0 - 3.0 / 20.0));
  CHECK(red.scale == Approx(std::sqrt(made_up / seen)).epsilon(0.03));
  CHECK(red.degrees == Approx(10'000.0 * 3.0 / 7.0).epsilon(0.01));
  CHECK(red.factor(0.95) == Approx(red.scale).epsilon(0.001));
  // Nothing to make up without memory.
  const auto white = block_error(series(200'000, 0.0, 5), 20.0);
  CHECK(white.scale == Approx(1.0).margin(0.05));
  // Few blocks are as few rows; a single one, or no spread, tells nothing.
  CHECK(block_error(series(60, 0.0, 1), 6.0).factor(0.95) > 1.2);
  CHECK(block_error({1.0, 2.0, 4.0, 3.0}, 4.0 / 3.0).factor(0.95) < 20.0);
  CHECK(block_error({1.0, 1.0, 1.0}, 1.0).factor(0.95) == 1.0);
  CHECK(block_error({2.0}, 1.0).factor(0.95) == 1.0);
}

TEST_CASE("the block bootstrap sees the true error of a series with memory", "[metrics]") {
  const auto values = series(20'000, 0.8, 5);
  const auto means = block_bootstrap_means({&values}, block_length(values), 1000)[0];
  double mean = 0.0, square = 0.0;
  for (const auto m : means) mean += m / 1000;
  for (const auto m : means) square += (m - mean) * (m - mean) / 999;
  // Standard error of the mean: 1 / (1 - 0.8) / sqrt(n); rows taken as independent would give 3
  // times less.
  CHECK(std::sqrt(square) == Approx(5.0 / std::sqrt(20'000.0)).epsilon(0.2));
}
