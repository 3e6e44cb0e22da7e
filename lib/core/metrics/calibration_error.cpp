// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/calibration_error.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace candor {
namespace {

// Of rows with weights w and gaps d = confidence - right.
struct MassBin {
  double weight = 0.0;
  double sum_of_squares = 0.0;
  double gap = 0.0;                                // sum of w d
  double right = 0.0;                              // sum of w where right
  double squares_gap = 0.0, squares_square = 0.0;  // sums of w^2 d and w^2 d^2

  void add(double w, double confidence, double is_right) {
    const auto difference = confidence - is_right;
    weight += w;
    sum_of_squares += w * w;
    gap += w * difference;
    right += w * is_right;
    squares_gap += w * w * difference;
    squares_square += w * w * difference * difference;
  }
  double rows() const { return effective_size(weight, sum_of_squares); }
  // Of the mean gap, whose weights may depend on it; equal ones give that of d over n - 1.
  double variance_of_gap() const {
    const auto mean = gap / weight;
    const auto spread = squares_square - 2.0 * mean * squares_gap + mean * mean * sum_of_squares;
    return std::max(spread, 0.0) / (weight * weight) * rows() / (rows() - 1.0);
  }
};

// E |X| for X ~ N(mean, deviation^2).
double folded_mean(double mean, double deviation) {
  if (!(deviation > 0.0)) return std::abs(mean);
  const auto x = mean / deviation;
  return deviation * std::sqrt(2.0 / std::numbers::pi) * std::exp(-0.5 * x * x) +
         mean * std::erf(x / std::numbers::sqrt2);
}

std::vector<std::size_t> by_confidence(std::span<const double> confidence) {
  std::vector<std::size_t> order(confidence.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return confidence[a] != confidence[b] ? confidence[a] < confidence[b] : a < b;
  });
  return order;
}

std::vector<MassBin> mass_bins(std::span<const double> confidence, std::span<const double> right,
                               std::span<const double> weight, std::size_t most) {
  const auto order = by_confidence(confidence);
  const auto total = std::accumulate(weight.begin(), weight.end(), 0.0);
  const auto rows = static_cast<std::size_t>(
      std::count_if(weight.begin(), weight.end(), [](double w) { return w > 0.0; }));
  const auto count = std::clamp<std::size_t>(rows / kFewestRowsPerBin, 1, most);
  std::vector<MassBin> bins(1);
  double seen = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = order[i];
    const auto starts = i > 0 && confidence[row] != confidence[order[i - 1]];
    const auto full =
        seen * static_cast<double>(count) >= total * static_cast<double>(bins.size()) * (1 - 1e-12);
    if (starts && full && bins.size() < count) bins.emplace_back();
    bins.back().add(weight[row], confidence[row], right[row]);
    seen += weight[row];
  }
  return bins;
}

}  // namespace

CalibrationError mass_calibration_error(std::span<const double> confidence,
                                        std::span<const double> right,
                                        std::span<const double> weight, std::size_t most_bins) {
  const auto total = std::accumulate(weight.begin(), weight.end(), 0.0);
  CalibrationError error;
  double variance = 0.0;
  for (const auto& bin : mass_bins(confidence, right, weight, most_bins)) {
    if (bin.rows() < 1.5) continue;  // one row says nothing about its own error
    const auto share = bin.weight / total;
    error.judged += share;
    const auto gap = bin.gap / bin.weight;
    const auto accuracy = bin.right / bin.weight;
    const auto of_accuracy = accuracy * (1.0 - accuracy) / (bin.rows() - 1.0);
    const auto of_gap = bin.variance_of_gap();
    error.square += share * (gap * gap - of_accuracy);
    const auto true_square = std::max(gap * gap - of_gap, 0.0);
    variance += share * share * (4.0 * true_square * of_gap + 2.0 * of_gap * of_gap);
  }
  error.value = std::sqrt(std::max(error.square, 0.0));
  error.standard_error = std::sqrt(variance);
  return error;
}

std::vector<CalibrationGap> calibration_gaps(std::span<const CalibrationBin> bins) {
  double total = 0.0;
  for (const auto& bin : bins) total += bin.weight;
  std::vector<CalibrationGap> gaps;
  for (const auto& bin : bins) {
    if (bin.weight <= 0.0) continue;
    const auto rows = effective_size(bin.weight, bin.squares);
    const auto accuracy = bin.right / bin.weight;
    const auto smoothed = (accuracy * rows + 1.0) / (rows + 2.0);
    // Sum of (w (right - accuracy))^2; what it has beyond n accuracy (1 - accuracy) comes of
    // weights that depend on what is right.
    const auto spread =
        bin.right_squares * (1.0 - 2.0 * accuracy) + accuracy * accuracy * bin.squares;
    const auto of_weights = spread / (bin.weight * bin.weight) - accuracy * (1.0 - accuracy) / rows;
    gaps.push_back({bin.weight / total, (bin.confidence - bin.right) / bin.weight,
                    smoothed * (1.0 - smoothed) / rows + of_weights, bin.squares / (total * total),
                    (bin.right_squares - accuracy * bin.squares) / (total * total)});
  }
  return gaps;
}

std::optional<Interval> ece_interval(double value, std::span<const CalibrationGap> bins,
                                     double confidence) {
  const auto true_gap = [](const CalibrationGap& bin) {
    return std::sqrt(std::max(bin.gap * bin.gap - bin.variance, 0.0));
  };
  double bias = 0.0, variance = 0.0, mean = 0.0;
  for (const auto& bin : bins) {
    const auto gap = true_gap(bin);
    bias += bin.share * (folded_mean(gap, std::sqrt(bin.variance)) - gap);
    variance += bin.share * bin.share * bin.variance;
    mean += bin.share * gap;
  }
  if (!(variance > 0.0)) return std::nullopt;
  for (const auto& bin : bins) {
    const auto beyond = true_gap(bin) - mean;
    const auto cross = bin.gap < 0.0 ? bin.cross : -bin.cross;
    variance += beyond * beyond * bin.square_share + 2.0 * beyond * cross;
  }
  const auto centre = std::max(value - bias, 0.0);
  const auto half = normal_quantile(0.5 * (1.0 + confidence)) * std::sqrt(std::max(variance, 0.0));
  return Interval{std::max(centre - half, 0.0), std::clamp(centre + half, value, 1.0)};
}

std::optional<Interval> calibration_error_interval(const CalibrationError& error,
                                                   double confidence) {
  if (!(error.standard_error > 0.0)) return std::nullopt;
  const auto half = normal_quantile(0.5 * (1.0 + confidence)) * error.standard_error;
  const auto root = [](double square) { return std::sqrt(std::clamp(square, 0.0, 1.0)); };
  return Interval{root(error.square - half), root(error.square + half)};
}

}  // namespace candor
