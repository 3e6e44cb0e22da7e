// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/calibration_error.h"

#include <algorithm>
#include <boost/math/distributions/non_central_chi_squared.hpp>
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
  // Of the mean gap, whose weights may depend on it; equal ones give that of d over n - 1. Half a
  // row more of either kind, since few rows that are all right do not mean that all ever will be.
  double variance_of_gap() const {
    const auto mean = gap / weight;
    const auto spread = squares_square - 2.0 * mean * squares_gap + mean * mean * sum_of_squares;
    const auto n = rows();
    const auto accuracy = right / weight;
    const auto smoothed = (accuracy * n + 0.5) / (n + 1.0);
    return std::max(spread, 0.0) / (weight * weight) * n / (n - 1.0) +
           (smoothed * (1.0 - smoothed) - accuracy * (1.0 - accuracy)) / n;
  }
};

// Where `holds`, true at one of the ends only, changes between them.
template <class Holds>
double border(double low, double high, const Holds& holds) {
  const auto at_low = holds(low);
  for (int i = 0; i < 60; ++i) {
    const auto middle = 0.5 * (low + high);
    (holds(middle) == at_low ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// The parameters from 0 on of which `below` and `above`, the chances to see no more and no less
// than what was seen, leave room for it. `distance` is that of the parameter from 0.
template <class ChancesOf>
Interval not_refuted(double estimate, double step, double confidence, const ChancesOf& chances) {
  const auto too_low = [&](double parameter) {  // to have led to what was seen
    const auto seen = chances(parameter);
    return seen.above < unified_tails(seen.distance, confidence).above;
  };
  const auto too_high = [&](double parameter) {
    const auto seen = chances(parameter);
    return seen.below < unified_tails(seen.distance, confidence).below;
  };
  Interval interval{0.0, estimate + step};
  if (too_low(0.0)) interval.low = border(0.0, std::max(estimate, step), too_low);
  for (int i = 0; i < 60 && !too_high(interval.high); ++i) interval.high += step *= 2.0;
  interval.high = border(interval.low, interval.high, too_high);
  return interval;
}

struct Chances {
  double below = 0.0;
  double above = 0.0;
  double distance = 0.0;
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

// What the bin that a row falls into adds to the variance of `ece`, where the bin's gap is by
// `beyond` larger than the mean one.
double variance_by_bin(const CalibrationGap& bin, double beyond) {
  const auto cross = bin.gap < 0.0 ? bin.cross : -bin.cross;
  return beyond * beyond * bin.square_share + 2.0 * beyond * cross;
}

// The value less what sampling adds to gaps that are themselves less what it adds, and a normal
// interval about it.
Interval less_bias_interval(double value, std::span<const CalibrationGap> bins, double confidence) {
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
  for (const auto& bin : bins) variance += variance_by_bin(bin, true_gap(bin) - mean);
  const auto centre = std::max(value - bias, 0.0);
  const auto half = normal_quantile(0.5 * (1.0 + confidence)) * std::sqrt(std::max(variance, 0.0));
  return {std::max(centre - half, 0.0), centre + half};
}

// What a sample's `ece` is where the true one is known: the true gaps have the proportions of those
// seen.
class EceModel {
 public:
  explicit EceModel(std::span<const CalibrationGap> bins) : bins_(bins) {
    for (const auto& bin : bins) {
      seen_ += bin.share * std::abs(bin.gap);
      variance_ += bin.share * bin.share * bin.variance;
    }
  }
  bool varies() const { return variance_ > 0.0; }

  double expected(double ece) const {
    double sum = 0.0;
    for (const auto& bin : bins_) {
      sum += bin.share * folded_mean(true_gap(bin, ece), std::sqrt(bin.variance));
    }
    return sum;
  }

  double standard_error(double ece) const {
    double sum = 0.0;
    for (const auto& bin : bins_) {
      const auto gap = true_gap(bin, ece);
      const auto mean = folded_mean(gap, std::sqrt(bin.variance));
      const auto within = gap * gap + bin.variance - mean * mean;
      sum += bin.share * bin.share * within + variance_by_bin(bin, gap - ece);
    }
    // Weights may take away from it, but never most of what is within the bins.
    return std::sqrt(std::max(sum, 0.1 * variance_));
  }

 private:
  double true_gap(const CalibrationGap& bin, double ece) const {
    return seen_ > 0.0 ? ece / seen_ * std::abs(bin.gap) : ece;
  }

  std::span<const CalibrationGap> bins_;
  double seen_ = 0.0;
  double variance_ = 0.0;
};

}  // namespace

CalibrationError mass_calibration_error(std::span<const double> confidence,
                                        std::span<const double> right,
                                        std::span<const double> weight, std::size_t most_bins) {
  const auto total = std::accumulate(weight.begin(), weight.end(), 0.0);
  CalibrationError error;
  double of_sampling = 0.0;
  double squares = 0.0;
  for (const auto& bin : mass_bins(confidence, right, weight, most_bins)) {
    if (bin.rows() < 1.5) continue;  // one row says nothing about its own error
    const auto share = bin.weight / total;
    error.judged += share;
    const auto gap = bin.gap / bin.weight;
    const auto accuracy = bin.right / bin.weight;
    const auto of_accuracy = accuracy * (1.0 - accuracy) / (bin.rows() - 1.0);
    error.square += share * (gap * gap - of_accuracy);
    error.plain += share * gap * gap;
    const auto of_gap = share * bin.variance_of_gap();
    of_sampling += of_gap;
    squares += of_gap * of_gap;
  }
  error.value = std::sqrt(std::max(error.square, 0.0));
  if (squares > 0.0) error.degrees = of_sampling * of_sampling / squares;
  if (of_sampling > 0.0) error.scale = squares / of_sampling;
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
    // With a row more of either kind, as heavy as the others are.
    const auto one = bin.squares / bin.weight;
    const auto smoothed = (bin.right + one) / (bin.weight + 2.0 * one);
    // Sum of (w (right - smoothed))^2.
    const auto spread = (bin.right_squares + one * one) * (1.0 - 2.0 * smoothed) +
                        smoothed * smoothed * (bin.squares + 2.0 * one * one);
    gaps.push_back({bin.weight / total, (bin.confidence - bin.right) / bin.weight,
                    spread / (bin.weight * bin.weight) * rows / (rows + 2.0),
                    bin.squares / (total * total),
                    (bin.right_squares - accuracy * bin.squares) / (total * total)});
  }
  return gaps;
}

std::optional<Interval> ece_interval(double value, std::span<const CalibrationGap> bins,
                                     double confidence) {
  const EceModel model(bins);
  if (!model.varies()) return std::nullopt;
  const auto of_sampling = model.expected(0.0);
  const auto seen = std::max(value, of_sampling);
  const auto chances = [&](double ece) {
    const auto error = model.standard_error(ece);
    const auto x = (seen - model.expected(ece)) / error;
    return Chances{normal_cdf(x), normal_cdf(-x), (model.expected(ece) - of_sampling) / error};
  };
  const auto interval = not_refuted(seen, model.standard_error(seen), confidence, chances);
  const auto other = less_bias_interval(value, bins, confidence);
  return Interval{std::min({interval.low, other.low, value}),
                  std::clamp(std::max(interval.high, other.high), value, 1.0)};
}

std::optional<Interval> calibration_error_interval(const CalibrationError& error,
                                                   double confidence) {
  if (!(error.degrees > 0.0) || !(error.scale > 0.0)) return std::nullopt;
  const auto seen = std::max(error.plain / error.scale, error.degrees);
  const auto chances = [&](double noncentrality) {
    const auto deviation = std::sqrt(2.0 * error.degrees + 4.0 * noncentrality);
    const auto distance = noncentrality / deviation;
    // From here on it is as good as normal, and the series gets long.
    constexpr double kMany = 1e4;
    if (seen > kMany) {
      const auto x = (seen - error.degrees - noncentrality) / deviation;
      return Chances{normal_cdf(x), normal_cdf(-x), distance};
    }
    const boost::math::non_central_chi_squared_distribution<double> model(error.degrees,
                                                                          noncentrality);
    const auto below = boost::math::cdf(model, seen);
    return Chances{below, 1.0 - below, distance};
  };
  const auto estimate = seen - error.degrees;
  const auto step = std::sqrt(2.0 * error.degrees + 4.0 * estimate);
  const auto interval = not_refuted(estimate, step, confidence, chances);
  const auto root = [&](double x) { return std::sqrt(std::clamp(x * error.scale, 0.0, 1.0)); };
  return Interval{std::min(root(interval.low), error.value),
                  std::max(root(interval.high), error.value)};
}

}  // namespace candor
