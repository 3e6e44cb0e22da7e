// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/bootstrap.h"

#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "core/metrics/class_tally.h"
#include "core/metrics/classification_statistics.h"
#include "core/metrics/ranking.h"
#include "core/metrics/regression_statistics.h"
#include "support/catch.h"

using namespace candor;

namespace {

// Far from 0, and predicted well.
Scored random_values(std::size_t rows) {
  Scored scored;
  scored.kind = OutputKind::regression;
  const RandomStream stream(6, "values");
  for (std::size_t i = 0; i < rows; ++i) {
    scored.target_value.push_back(100.0 + stream.normal(i));
    scored.value.push_back(scored.target_value[i] + 0.3 * stream.normal(i + rows));
  }
  return scored;
}

Scored random_rows(std::size_t rows, std::size_t classes, std::uint64_t seed) {
  const RandomStream stream(seed, "rows");
  Scored scored;
  for (std::size_t k = 0; k < classes; ++k) scored.labels.push_back("c" + std::to_string(k));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    const auto target = row.below(1000, classes);
    scored.target.push_back(static_cast<std::int64_t>(target));
    std::vector<double> p(classes);
    double sum = 0.0;
    // Few different scores, so that there are ties.
    for (std::size_t k = 0; k < classes; ++k) {
      sum += p[k] = std::exp(std::round(2.0 * row.normal(k)) / 2.0 + (k == target ? 1.0 : 0.0));
    }
    for (const auto one : p) scored.probabilities.push_back(static_cast<float>(one / sum));
  }
  return scored;
}

std::vector<double> uneven_weights(std::size_t rows) {
  std::vector<double> weight;
  for (std::size_t i = 0; i < rows; ++i) weight.push_back(0.25 + 0.5 * static_cast<double>(i % 5));
  return weight;
}

// The derivative of statistic number `index` by the logarithm of the weight of `row`.
double slope(const RowStatistics& statistics, std::vector<double> weight, std::size_t row,
             std::size_t index) {
  const auto step = 1e-5;
  const auto own = weight[row];
  std::vector<double> above(statistics.size()), below(statistics.size());
  weight[row] = own * (1.0 + step);
  statistics.evaluate(weight, above);
  weight[row] = own * (1.0 - step);
  statistics.evaluate(weight, below);
  return (above[index] - below[index]) / (2.0 * step);
}

}  // namespace

TEST_CASE("rows are drawn by the words of their counters", "[metrics]") {
  std::vector<std::uint32_t> counts;
  const auto key = RandomStream(0, "metrics/bootstrap").key();
  const std::array<std::uint32_t, 2> halves = {static_cast<std::uint32_t>(key),
                                               static_cast<std::uint32_t>(key >> 32)};
  for (const std::size_t rows : {1, 3, 64, 65, 1001}) {
    std::vector<std::uint32_t> expected(rows, 0);
    for (std::uint32_t i = 0; i < rows; ++i) {
      const auto word = philox({i / 4, 7, 0, 0}, halves)[i % 4];
      ++expected[(static_cast<std::uint64_t>(word) * rows) >> 32];
    }
    draw_counts(rows, 7, counts);
    CHECK(counts == expected);
  }
}

TEST_CASE("strata keep their sizes and do not follow each other", "[metrics]") {
  const std::vector<std::vector<std::uint32_t>> strata = {{0, 2, 4, 6}, {1, 3, 5, 7}};
  std::vector<std::uint32_t> counts;
  int alike = 0;
  for (std::size_t r = 0; r < 200; ++r) {
    draw_stratified_counts(strata, r, counts);
    CHECK(counts[0] + counts[2] + counts[4] + counts[6] == 4);
    CHECK(counts[1] + counts[3] + counts[5] + counts[7] == 4);
    alike += counts[0] == counts[1] && counts[2] == counts[3] && counts[4] == counts[5];
  }
  CHECK(alike < 40);
}

TEST_CASE("resampled values are those of one thread", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  const RandomStream stream(4, "values");
  for (std::size_t i = 0; i < 3000; ++i) {
    scored.target_value.push_back(stream.normal(i));
    scored.value.push_back(stream.normal(i + 3000));
  }
  const RegressionStatistics statistics(scored);
  const std::vector<double> weight(3000, 1.0);
  const auto samples = bootstrap_samples(statistics, weight, 300);
  std::vector<std::uint32_t> counts;
  std::vector<double> drawn(3000), values(statistics.size());
  for (std::size_t r = 0; r < 300; ++r) {
    draw_counts(3000, r, counts);
    std::copy(counts.begin(), counts.end(), drawn.begin());
    statistics.evaluate(drawn, values);
    REQUIRE(samples[0][r] == values[0]);
    REQUIRE(samples.back()[r] == values.back());
  }
}

TEST_CASE("what a row adds to a metric is the derivative by its weight", "[metrics]") {
  for (const std::size_t classes : {2, 4}) {
    const auto scored = random_rows(60, classes, classes);
    const auto weight = uneven_weights(60);
    const auto facts = row_facts(scored);
    const auto tally = whole_tally(facts, weight, classes);
    std::vector<RankedClass> ranked;
    const auto labels = ranked_labels(scored, weight);
    RankMeans means(scored, weight, labels.size(), true);
    for (const auto label : labels) {
      ranked.push_back(rank_class(scored, label));
      means.add(ranked.back());
    }
    const ClassificationStatistics statistics(facts, ranked, classes, weight);
    for (std::size_t m = 0; m <= kAveragePrecision; ++m) {
      const auto precision = m == kAveragePrecision;
      INFO((precision ? "average_precision" : kTallyMetrics[m].name));
      if (!precision && std::isnan((tally.*kTallyMetrics[m].value)())) continue;
      const auto influence = precision
                                 ? means.precision_influence()
                                 : tally_influence(kTallyMetrics[m].name, tally, facts, weight);
      double sum = 0.0;
      for (std::size_t i = 0; i < 60; ++i) {
        CHECK(influence[i] == Approx(slope(statistics, weight, i, m)).margin(1e-9));
        sum += influence[i];
      }
      // All weights together change nothing.
      CHECK(sum == Approx(0.0).margin(1e-12));
    }
  }
}

TEST_CASE("what a row adds to a regression metric is the derivative by its weight", "[metrics]") {
  const auto scored = random_values(50);
  const RegressionStatistics statistics(scored);
  const auto weight = uneven_weights(50);
  for (std::size_t m = 0; m < std::size(kRegressionMetrics); ++m) {
    INFO(kRegressionMetrics[m].name);
    const auto influence = statistics.influence(kRegressionMetrics[m].name, weight);
    for (std::size_t i = 0; i < 50; ++i) {
      CHECK(influence[i] == Approx(slope(statistics, weight, i, m)).margin(1e-9).epsilon(1e-6));
    }
  }
}

TEST_CASE("the area of counted rows is that of the rows written out", "[metrics]") {
  const auto scored = random_rows(200, 2, 9);
  const auto ranked = rank_class(scored, 1);
  std::vector<std::uint32_t> counts;
  for (std::size_t r = 0; r < 20; ++r) {
    draw_counts(200, r, counts);
    const std::vector<double> weight(counts.begin(), counts.end());
    CHECK(counted_auc(ranked, counts) ==
          Approx(mean_auc(scored, {ranked}, weight).value).margin(1e-12));
  }
  std::fill(counts.begin(), counts.end(), 0u);
  CHECK(std::isnan(counted_auc(ranked, counts)));
}

TEST_CASE("without skew and bias the BCa interval is the percentile interval", "[metrics]") {
  std::vector<double> samples;
  for (int i = -500; i <= 500; ++i) samples.push_back(0.01 * i);
  const auto interval = bca_interval(0.0, samples, 0.0, 1e9, 0.95, -10, 10);
  REQUIRE(interval);
  CHECK(interval->high == Approx(4.75).margin(0.01));
  CHECK(interval->low == Approx(-4.75).margin(0.01));
  // Few rows: the tails of Student's t reach farther.
  CHECK(bca_interval(0.0, samples, 0.0, 6, 0.95, -10, 10)->high > 4.9);
  // An acceleration above 0 moves both ends up, as a skew to the right asks for.
  const auto skewed = bca_interval(0.0, samples, 0.1, 1e9, 0.95, -10, 10);
  CHECK(skewed->low > interval->low);
  CHECK(skewed->high > interval->high);
  // Samples above the value: a bias, which the interval takes back.
  CHECK(bca_interval(1.0, samples, 0.0, 1e9, 0.95, -10, 10)->high > 4.9);
}

TEST_CASE("Efron's example: the BCa interval of a variance", "[metrics]") {
  // Efron and Tibshirani 1993, table 14.1 (26 spatial test scores A), theta = 171.5, with
  // acceleration 0.061, bias correction 0.146 and the 90 % BCa interval (115.8, 259.6) on page 188,
  // where the percentile interval is (100.8, 233.9).
  const std::vector<double> scores = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                      0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
  const auto size = static_cast<double>(scores.size());
  class Variance : public RowStatistics {
   public:
    explicit Variance(const std::vector<double>& x) : x_(x) {}
    std::size_t size() const override { return 1; }
    void evaluate(std::span<const double> weight, std::span<double> values) const override {
      double n = 0.0, sum = 0.0, squares = 0.0;
      for (std::size_t i = 0; i < x_.size(); ++i) {
        n += weight[i];
        sum += weight[i] * x_[i];
        squares += weight[i] * x_[i] * x_[i];
      }
      values[0] = squares / n - sum / n * sum / n;
    }

   private:
    const std::vector<double>& x_;
  };
  const Variance statistic(scores);
  const std::vector<double> once(scores.size(), 1.0);
  std::vector<double> value(1);
  statistic.evaluate(once, value);
  CHECK(value[0] == Approx(171.5).margin(0.05));
  const auto mean = std::accumulate(scores.begin(), scores.end(), 0.0) / size;
  std::vector<double> influence;
  for (const auto x : scores) influence.push_back(((x - mean) * (x - mean) - value[0]) / size);
  const auto spread = spread_of(influence, once);
  CHECK(spread.acceleration == Approx(0.061).margin(0.002));
  const auto samples = bootstrap_samples(statistic, once, 4000)[0];
  // Rows without end: Efron's own tails.
  const auto interval = bca_interval(value[0], samples, spread.acceleration, 1e9, 0.9, 0, 1e9);
  REQUIRE(interval);
  CHECK(interval->low == Approx(115.8).margin(5));
  CHECK(interval->high == Approx(259.6).margin(8));
}

TEST_CASE("a studentised interval undoes the link between a sample and its error", "[metrics]") {
  // Samples whose error grows with them: log(sample / value) / (error / sample) from -2 to 2.
  std::vector<double> samples, errors;
  for (int i = -500; i <= 500; ++i) {
    samples.push_back(std::exp(0.0004 * i));
    errors.push_back(0.1 * samples.back());
  }
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  const auto interval = studentised_interval(1.0, 0.1, samples, errors, 0.95, 0.0, kInfinity);
  REQUIRE(interval);
  CHECK(interval->high == Approx(std::exp(0.19)).epsilon(1e-3));
  CHECK(interval->low == Approx(std::exp(-0.19)).epsilon(1e-3));
  CHECK(studentised_interval(1.0, 0.1, samples, errors, 0.95, 0.0, 1.1)->high == 1.1);
  CHECK_FALSE(studentised_interval(1.0, 0.0, samples, errors, 0.95, 0.0, kInfinity));
  const std::vector<double> none(1001, 0.0);
  CHECK_FALSE(studentised_interval(1.0, 0.1, samples, none, 0.95, 0.0, kInfinity));
  // Without a low end the distance from the high one: 3 - x of the same samples.
  auto mirrored = samples;
  for (auto& sample : mirrored) sample = 3.0 - sample;
  const auto other = studentised_interval(2.0, 0.1, mirrored, errors, 0.95, -kInfinity, 3.0);
  REQUIRE(other);
  CHECK(other->low == Approx(3.0 - interval->high));
  CHECK(other->high == Approx(3.0 - interval->low));
}

// The heavy row makes nearly all of the mean, from which it then hardly differs.
TEST_CASE("a heavy row does not hide how it varies", "[metrics]") {
  double mean_variance = 0.0, truth = 0.0;
  const std::vector<double> weight = {30.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0};
  double sum = 0.0;
  for (const auto w : weight) sum += w;
  constexpr int kRepeats = 4'000;
  const auto root = RandomStream(7, "test/heavy row");
  for (int r = 0; r < kRepeats; ++r) {
    std::vector<double> values, influence;
    double mean = 0.0;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      values.push_back(root.at(static_cast<std::uint64_t>(r)).normal(i));
      mean += weight[i] * values.back() / sum;
    }
    for (std::size_t i = 0; i < weight.size(); ++i) {
      influence.push_back(weight[i] / sum * (values[i] - mean));
    }
    const auto error = spread_of(influence, weight).standard_error;
    mean_variance += error * error / kRepeats;
    truth += mean * mean / kRepeats;
  }
  // Somewhat more, by the half of what the distances alone would make.
  CHECK(mean_variance > 0.95 * truth);
  CHECK(mean_variance < 1.3 * truth);
}

// What the studentised bootstrap divides by: of the rows themselves it is that of the delta method.
TEST_CASE("standard errors of sums are those of what each row adds", "[metrics]") {
  for (const bool weighted : {false, true}) {
    auto scored = random_values(80);
    if (weighted) scored.weight = uneven_weights(80);
    const auto weight = row_weights(scored);
    const RegressionStatistics statistics(scored);
    std::vector<double> values(statistics.size());
    statistics.evaluate(weight, values);
    constexpr auto kMetrics = std::size(kRegressionMetrics);
    for (std::size_t m = 0; m < kMetrics; ++m) {
      INFO(kRegressionMetrics[m].name);
      const auto influence = statistics.influence(kRegressionMetrics[m].name, weight);
      double squares = 0.0;
      for (const auto one : influence) squares += one * one;
      // There each row has its leverage, here all have one.
      const auto n = spread_of(influence, weight).rows;
      CHECK(values[kMetrics + m] == Approx(std::sqrt(squares * n / (n - 1.0))));
      CHECK(values[kMetrics + m] ==
            Approx(spread_of(influence, weight).standard_error).epsilon(weighted ? 0.02 : 1e-9));
    }
    // Rows that are drawn twice are two rows.
    auto twice = scored;
    twice.target_value.insert(twice.target_value.end(), scored.target_value.begin(),
                              scored.target_value.end());
    twice.value.insert(twice.value.end(), scored.value.begin(), scored.value.end());
    twice.weight.insert(twice.weight.end(), scored.weight.begin(), scored.weight.end());
    const RegressionStatistics written_out(twice);
    auto doubled = weight;
    for (auto& one : doubled) one *= 2.0;
    std::vector<double> drawn(values.size()), written(values.size());
    statistics.evaluate(doubled, drawn);
    written_out.evaluate(row_weights(twice), written);
    for (std::size_t m = 0; m < values.size(); ++m) CHECK(drawn[m] == Approx(written[m]));
  }
}

TEST_CASE("the studentised interval of a skewed mean holds the truth about as often as it says",
          "[metrics]") {
  int held = 0;
  constexpr int kRepeats = 400;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto stream = RandomStream(13, "skewed").at(repeat);
    Scored scored;
    scored.kind = OutputKind::regression;
    for (std::size_t i = 0; i < 30; ++i) {
      scored.target_value.push_back(1.0);
      scored.value.push_back(1.0 - std::log(1.0 - stream.uniform(i)));  // mean error 1
    }
    const auto report = make_report(scored, EvaluateConfig{});
    const auto& mae = *report.find("mae");
    held += *mae.low <= 1.0 && 1.0 <= *mae.high;
  }
  CHECK(held > 0.92 * kRepeats);
  CHECK(held < 0.98 * kRepeats);
}
