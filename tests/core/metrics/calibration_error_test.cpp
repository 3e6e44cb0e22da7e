// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/calibration_error.h"

#include <array>
#include <cmath>

#include "core/base/random.h"
#include "support/catch.h"

using namespace candor;

namespace {

struct Rows {
  std::vector<double> confidence, right, weight;
};

// Confidences between 0.5 and 1; the model is right `off` less often than it believes.
Rows rows_of(std::size_t count, double off, std::uint64_t seed) {
  const auto stream = RandomStream(3, "calibration").at(seed);
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.confidence.push_back(0.5 + 0.5 * stream.uniform(2 * i));
    rows.right.push_back(stream.uniform(2 * i + 1) < rows.confidence[i] - off ? 1.0 : 0.0);
    rows.weight.push_back(1.0);
  }
  return rows;
}

CalibrationError error_of(const Rows& rows) {
  return mass_calibration_error(rows.confidence, rows.right, rows.weight);
}

}  // namespace

TEST_CASE("a calibrated model has a squared error of 0 on average, though rows are few",
          "[metrics]") {
  double sum = 0.0;
  constexpr int kRepeats = 500;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    sum += error_of(rows_of(200, 0.0, repeat)).square / kRepeats;
  }
  // Without the correction it is that of chance: 15 bins of 13 rows, about 0.18 / 13.
  CHECK(std::abs(sum) < 0.0015);
}

TEST_CASE("an error that is the same everywhere is found", "[metrics]") {
  CHECK(error_of(rows_of(100'000, 0.2, 1)).value == Approx(0.2).margin(0.01));
  int held = 0;
  constexpr int kRepeats = 300;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto interval = calibration_error_interval(error_of(rows_of(600, 0.2, repeat)), 0.95);
    held += interval && interval->low <= 0.2 && 0.2 <= interval->high;
  }
  CHECK(held > 0.9 * kRepeats);
  CHECK(held < 0.99 * kRepeats);
}

// The truth is as close to 0 as it can be, where two-sided tails would hold it too often.
TEST_CASE("the intervals of a calibrated model hold an error of 0 as often as they say",
          "[metrics]") {
  int of_mass = 0, of_width = 0;
  constexpr int kRepeats = 400;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto rows = rows_of(600, 0.0, repeat);
    of_mass += calibration_error_interval(error_of(rows), 0.9)->low <= 0.0;
    std::array<CalibrationBin, 5> bins;
    for (std::size_t i = 0; i < rows.weight.size(); ++i) {
      const auto bin = static_cast<std::size_t>(10.0 * rows.confidence[i] - 5.0);
      bins[std::min<std::size_t>(bin, 4)].add(1.0, rows.confidence[i], rows.right[i] > 0.0);
    }
    const auto gaps = calibration_gaps(bins);
    double value = 0.0;
    for (const auto& gap : gaps) value += gap.share * std::abs(gap.gap);
    of_width += ece_interval(value, gaps, 0.9)->low <= 0.0;
  }
  // 90 % with a standard error of 1.5; 95 % with tails of equal size.
  CHECK(std::abs(of_mass - 0.9 * kRepeats) < 0.04 * kRepeats);
  CHECK(of_width > 0.86 * kRepeats);
}

// 300 rows, all sure and all right: an accuracy of 99 % would be no surprise.
TEST_CASE("the interval of a calibration error that none was seen of reaches up from 0",
          "[metrics]") {
  Rows rows;
  CalibrationBin bin;
  for (int i = 0; i < 300; ++i) {
    rows.confidence.push_back(1.0);
    rows.right.push_back(1.0);
    rows.weight.push_back(1.0);
    bin.add(1.0, 1.0, true);
  }
  const auto of_mass = calibration_error_interval(error_of(rows), 0.95);
  const auto of_width = ece_interval(0.0, calibration_gaps(std::span(&bin, 1)), 0.95);
  for (const auto& interval : {of_mass, of_width}) {
    REQUIRE(interval);
    CHECK(interval->low == 0.0);
    CHECK(interval->high > 0.004);
    CHECK(interval->high < 0.02);
  }
}

// Seven bins without an error and one of 0.3: the noise of the seven is no error of theirs.
TEST_CASE("the interval of ece holds an error that sits in one bin", "[metrics]") {
  int held = 0;
  constexpr int kRepeats = 300;
  for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
    const auto stream = RandomStream(3, "uneven").at(repeat);
    std::array<CalibrationBin, 8> bins;
    for (std::size_t i = 0; i < 1000; ++i) {
      const auto b = static_cast<std::size_t>(stream.below(2 * i, 8));
      const auto confidence = 0.53 + 0.0625 * static_cast<double>(b);
      bins[b].add(1.0, confidence, stream.uniform(2 * i + 1) < confidence - (b == 3 ? 0.3 : 0.0));
    }
    const auto gaps = calibration_gaps(bins);
    double value = 0.0;
    for (const auto& gap : gaps) value += gap.share * std::abs(gap.gap);
    const auto interval = ece_interval(value, gaps, 0.95);
    held += interval->low <= 0.0375 && 0.0375 <= interval->high;
  }
  CHECK(held >= 0.92 * kRepeats);
}

TEST_CASE("the interval of a calibration error of very many rows is the normal one", "[metrics]") {
  CalibrationError error;
  error.degrees = 15.0;
  error.scale = 1e-7;
  for (const double chi_square : {9'900.0, 10'100.0}) {  // either side of where it changes
    error.plain = chi_square * error.scale;
    error.value = std::sqrt(error.plain - error.degrees * error.scale);
    const auto interval = calibration_error_interval(error, 0.95);
    REQUIRE(interval);
    const auto half = 1.959964 * std::sqrt(2.0 * 15.0 + 4.0 * (chi_square - 15.0)) * error.scale;
    CHECK(interval->low == Approx(error.value - 0.5 * half / error.value).epsilon(2e-3));
    CHECK(interval->high == Approx(error.value + 0.5 * half / error.value).epsilon(2e-3));
  }
}

TEST_CASE("rows of equal confidence share a bin, whatever their order", "[metrics]") {
  Rows rows;
  for (int i = 0; i < 400; ++i) {
    rows.confidence.push_back(i % 2 == 0 ? 0.6 : 0.9);
    rows.right.push_back(i % 5 != 0 ? 1.0 : 0.0);
    rows.weight.push_back(1.0);
  }
  const auto error = error_of(rows);
  const auto expected = 0.5 * (0.2 * 0.2 - 0.16 / 199) + 0.5 * (0.1 * 0.1 - 0.16 / 199);
  CHECK(error.square == Approx(expected).margin(1e-12));
  std::reverse(rows.confidence.begin(), rows.confidence.end());
  std::reverse(rows.right.begin(), rows.right.end());
  CHECK(error_of(rows).square == Approx(expected).margin(1e-12));
}

TEST_CASE("one row tells no calibration error and has no interval", "[metrics]") {
  const auto error = error_of({{0.8}, {1.0}, {1.0}});
  CHECK(error.value == 0.0);
  CHECK_FALSE(calibration_error_interval(error, 0.95));
}

TEST_CASE("the interval of ece takes off what sampling adds", "[metrics]") {
  // 15 bins of 20 rows whose gaps are no more than chance: the truth may be 0.
  std::vector<CalibrationGap> gaps;
  double value = 0.0;
  for (int i = 0; i < 15; ++i) {
    gaps.push_back({1.0 / 15, (i % 2 == 0 ? 0.08 : -0.08), 0.01, 0.0, 0.0, 0.5});
    value += 0.08 / 15;
  }
  const auto chance = ece_interval(value, gaps, 0.95);
  REQUIRE(chance);
  CHECK(chance->low == 0.0);
  CHECK(chance->high >= value);
  // Gaps that are far above their error keep their size.
  for (auto& gap : gaps) gap = {1.0 / 15, 0.5, 0.001, 0.0, 0.0, 0.5};
  const auto sure = ece_interval(0.5, gaps, 0.95);
  CHECK(sure->low == Approx(0.5 - 1.96 * std::sqrt(0.001 / 15)).margin(0.002));
  CHECK(sure->high == Approx(0.5 + 1.96 * std::sqrt(0.001 / 15)).margin(0.002));
  CHECK_FALSE(ece_interval(0.1, {}, 0.95));
  // Half of 100 rows in a bin without a gap, half in one of 0.4: which one a row is in varies too.
  const std::vector<CalibrationGap> uneven = {{0.5, 0.0, 1e-9, 0.005, 0.0, 0.5},
                                              {0.5, 0.4, 1e-9, 0.005, 0.0, 0.5}};
  const auto shares = ece_interval(0.2, uneven, 0.95);
  CHECK(shares->high - shares->low == Approx(2 * 1.96 * 0.2 / 10.0).margin(0.01));
}

// Every sample of n rows of one confidence, by its chance: a single absolute gap is far from
// normal.
TEST_CASE("the interval of ece holds an error of 0 in a single bin", "[metrics]") {
  for (const double confidence : {0.7, 0.835, 0.9, 0.95}) {
    for (const int n : {10, 20, 30, 50, 100, 300}) {
      double held = 0.0;
      for (int right = 0; right <= n; ++right) {
        CalibrationBin bin;
        for (int i = 0; i < n; ++i) bin.add(1.0, confidence, i < right);
        const auto gaps = calibration_gaps(std::span(&bin, 1));
        const auto interval = ece_interval(std::abs(gaps[0].gap), gaps, 0.95);
        const auto ways =
            std::lgamma(n + 1.0) - std::lgamma(right + 1.0) - std::lgamma(n - right + 1.0);
        const auto chance =
            std::exp(ways + right * std::log(confidence) + (n - right) * std::log1p(-confidence));
        if (interval->low <= 0.0) held += chance;
      }
      INFO(confidence << " " << n);
      CHECK(held > 0.91);  // as counts have it, in steps
    }
  }
}

TEST_CASE("a row of hardly any weight changes no interval of ece", "[metrics]") {
  const auto interval_of = [](double light) {
    const auto stream = RandomStream(5, "light");
    std::array<CalibrationBin, 3> bins;
    for (std::size_t i = 0; i < 100; ++i) {
      bins[i % 2].add(1.0, i % 2 == 0 ? 0.7 : 0.9, stream.uniform(i) < 0.65);
    }
    if (light > 0.0) bins[2].add(light, 0.6, false);
    const auto gaps = calibration_gaps(bins);
    double value = 0.0;
    for (const auto& gap : gaps) value += gap.share * std::abs(gap.gap);
    return *ece_interval(value, gaps, 0.95);
  };
  const auto plain = interval_of(0.0);
  for (const double light : {1e-10, 1e-15, 1e-20, 1e-30}) {
    INFO(light);
    CHECK(interval_of(light).low == Approx(plain.low).margin(1e-6));
    CHECK(interval_of(light).high == Approx(plain.high).margin(1e-6));
  }
}

// Two bins, of which the first holds most of the weight of rows that are right.
TEST_CASE("the interval of ece is as wide as it varies from sample to sample", "[metrics]") {
  const RandomStream stream(3, "ece");
  constexpr int kSamples = 400, kRows = 1000;
  std::vector<double> values, widths;
  for (int sample = 0; sample < kSamples; ++sample) {
    std::array<CalibrationBin, 2> bins;
    for (int row = 0; row < kRows; ++row) {
      const auto at = stream.at(static_cast<std::uint64_t>(sample * kRows + row));
      const bool first = at.uniform(0) < 0.3;
      const bool right = at.uniform(1) < (first ? 0.5 : 0.75);
      bins[first ? 0 : 1].add((first ? 2.0 : 1.0) * (right ? 2.0 : 1.0), first ? 0.9 : 0.95, right);
    }
    const auto gaps = calibration_gaps(bins);
    double value = 0.0;
    for (const auto& gap : gaps) value += gap.share * std::abs(gap.gap);
    const auto interval = ece_interval(value, gaps, 0.95);
    values.push_back(value);
    widths.push_back((interval->high - interval->low) / (2 * 1.959964));
  }
  double mean = 0.0, squares = 0.0, width = 0.0;
  for (int i = 0; i < kSamples; ++i) mean += values[static_cast<std::size_t>(i)] / kSamples;
  for (const auto value : values) squares += (value - mean) * (value - mean);
  for (const auto one : widths) width += one / kSamples;
  CHECK(width == Approx(std::sqrt(squares / (kSamples - 1))).epsilon(0.1));
}

TEST_CASE("the error of a calibration gap counts weights that depend on what is right",
          "[metrics]") {
  struct Row {
    double weight;
    bool right;
  };
  for (const bool heavy_are_right : {false, true}) {
    std::vector<Row> rows(20, {1.0, !heavy_are_right});
    for (std::size_t i = 0; i < 5; ++i) rows[i] = {2.0, heavy_are_right};
    CalibrationBin bin;
    for (const auto& row : rows) bin.add(row.weight, 0.8, row.right);
    const auto gaps = calibration_gaps(std::span(&bin, 1));
    REQUIRE(gaps.size() == 1);
    CHECK(gaps[0].share == 1.0);
    CHECK(gaps[0].gap == Approx(0.8 - (heavy_are_right ? 0.4 : 0.6)));
    // Of the rows and two halves of rows as heavy as they are (35 / 25), one right and one wrong.
    const auto more = 35.0 / 25.0;
    double weight = more, right = 0.5 * more, squares = 0.0;
    for (const auto& row : rows) weight += row.weight;
    for (const auto& row : rows) right += row.right ? row.weight : 0.0;
    const auto accuracy = right / weight;
    for (const auto& row : rows) {
      const auto beyond = row.weight * ((row.right ? 1.0 : 0.0) - accuracy);
      squares += beyond * beyond;
    }
    squares += 0.5 * more * more * ((1.0 - accuracy) * (1.0 - accuracy) + accuracy * accuracy);
    const auto n = 25.0 * 25.0 / 35.0;
    CHECK(gaps[0].variance == Approx(squares / (25.0 * 25.0) * n / (n + 1.0)));
  }
  // Equal weights: p (1 - p) / n with p = 6.5 / 9.
  CalibrationBin even;
  for (int i = 0; i < 8; ++i) even.add(3.0, 0.8, i < 6);
  CHECK(calibration_gaps(std::span(&even, 1))[0].variance == Approx(6.5 / 9.0 * 2.5 / 9.0 / 8.0));
  CHECK(calibration_gaps({}).empty());
}
