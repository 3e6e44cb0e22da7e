// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/calibration_error.h"

#include <algorithm>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

namespace candor {
namespace {

// Rows more of either kind that the accuracy of a bin varies as if it had, since few rows that are
// all right do not mean that all ever will be.
constexpr double kUnseenRows = 0.5;

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
    const auto n = rows();
    const auto accuracy = right / weight;
    const auto smoothed = (accuracy * n + kUnseenRows) / (n + 2.0 * kUnseenRows);
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

// The interval reaches as far as the accuracies that are not refuted where all `rows` are right, or
// none is, so that sampling shows no spread: those from (1 - level)^(1 / rows) to 1, or to 1 less
// that from 0. An error is at least the distance of the accuracy from the mean confidence.
Interval with_constant(const Interval& interval, double accuracy, double confidence, double rows,
                       double level) {
  constexpr double kRounding = 1e-12;
  const bool right = accuracy >= 1.0 - kRounding;
  if (rows <= 0.0 || (!right && accuracy > kRounding)) return interval;
  const auto lowest = std::pow(1.0 - level, 1.0 / rows);
  const Interval possible = right ? Interval{lowest, 1.0} : Interval{0.0, 1.0 - lowest};
  const auto nearest = std::clamp(confidence, possible.low, possible.high);
  const auto farthest =
      std::max(std::abs(confidence - possible.low), std::abs(confidence - possible.high));
  return {std::min(interval.low, std::abs(confidence - nearest)),
          std::max(interval.high, farthest)};
}

// What the bin that a row falls into adds to the variance of `ece`, where the bin's gap is by
// `beyond` larger than the mean one.
double variance_by_bin(const CalibrationGap& bin, double beyond) {
  const auto cross = bin.gap < 0.0 ? bin.cross : -bin.cross;
  return beyond * beyond * bin.square_share + 2.0 * beyond * cross;
}

// E |X|^3 for X ~ N(mean, deviation^2).
double folded_cube(double mean, double deviation) {
  const auto x = mean / deviation;
  const auto cube = (x * x * x + 3.0 * x) * std::erf(x / std::numbers::sqrt2) +
                    std::sqrt(2.0 / std::numbers::pi) * (x * x + 2.0) * std::exp(-0.5 * x * x);
  return deviation * deviation * deviation * cube;
}

// P(X <= mean + z deviation) of a gamma distribution with this skewness, shifted (Pearson's type
// III); the normal one where it has hardly any.
double skewed_cdf(double z, double skewness) {
  if (skewness < 1e-3) return normal_cdf(z);
  const auto shape = 4.0 / (skewness * skewness);
  const auto x = shape + z * std::sqrt(shape);
  return x > 0.0 ? boost::math::gamma_p(shape, x) : 0.0;
}

// What a sample's `ece` is where the true one is known: the true gaps are the likeliest that have
// it.
class EceModel {
 public:
  explicit EceModel(std::span<const CalibrationGap> bins) : bins_(bins.begin(), bins.end()) {
    for (const auto& bin : bins_) {
      variance_ += bin.share * bin.share * bin.variance;
      seen_ += bin.share * std::abs(bin.gap);
    }
    // Those that are 0 first when gaps fall.
    std::sort(bins_.begin(), bins_.end(), [](const CalibrationGap& a, const CalibrationGap& b) {
      return std::abs(a.gap) * step(b) < std::abs(b.gap) * step(a);
    });
  }
  bool varies() const { return variance_ > 0.0; }

  struct Moments {
    double mean = 0.0;
    double deviation = 0.0;
    double skewness = 0.0;
    double below(double value) const { return skewed_cdf((value - mean) / deviation, skewness); }
  };
  Moments moments(double ece) const {
    const auto shift = shift_of(ece);
    Moments moments;
    double variance = 0.0, cubes = 0.0;
    for (const auto& bin : bins_) {
      const auto gap = std::max(std::abs(bin.gap) + shift * step(bin), 0.0);
      const auto own = variance_at(bin, gap);
      const auto deviation = std::sqrt(own);
      const auto mean = folded_mean(gap, deviation);
      const auto square = gap * gap + own;
      moments.mean += bin.share * mean;
      variance += bin.share * bin.share * (square - mean * mean) + variance_by_bin(bin, gap - ece);
      if (!(deviation > 0.0)) continue;
      const auto cube =
          folded_cube(gap, deviation) - 3.0 * mean * square + 2.0 * mean * mean * mean;
      cubes += bin.share * bin.share * bin.share * cube;
    }
    // Weights may take away from it, but never most of what is within the bins.
    moments.deviation = std::sqrt(std::max(variance, 0.1 * variance_));
    moments.skewness = cubes / (moments.deviation * moments.deviation * moments.deviation);
    return moments;
  }

 private:
  // Of all gaps that make one `ece`, those nearest to the seen ones, in standard errors, differ
  // from them by one factor of share times variance, and are 0 where that is more than was seen.
  static double step(const CalibrationGap& bin) { return bin.share * bin.variance; }

  // Of a bin whose accuracy is by so much off its confidence, not of the accuracy seen: that of few
  // rows that are nearly all right would say too little.
  static double variance_at(const CalibrationGap& bin, double gap) {
    const auto accuracy =
        std::clamp(bin.accuracy + bin.gap - std::copysign(gap, bin.gap), 0.0, 1.0);
    return bin.variance * accuracy * (1.0 - accuracy) / bin.spread;
  }

  // That factor: the sum over bins of share times gap is linear in it between the places where a
  // gap gets to 0.
  double shift_of(double ece) const {
    double gaps = seen_, slope = variance_;
    for (const auto& bin : bins_) {
      const auto shift = (ece - gaps) / slope;
      if (std::abs(bin.gap) + shift * step(bin) >= 0.0) return shift;
      gaps -= bin.share * std::abs(bin.gap);
      slope -= bin.share * step(bin);
      if (!(slope > 0.0)) break;
    }
    // No error at all.
    const auto& last = bins_.back();
    return step(last) > 0.0 ? -std::abs(last.gap) / step(last) : 0.0;
  }

  std::vector<CalibrationGap> bins_;
  double variance_ = 0.0;
  double seen_ = 0.0;
};

}  // namespace

CalibrationError mass_calibration_error(std::span<const double> confidence,
                                        std::span<const double> right,
                                        std::span<const double> weight, std::size_t most_bins) {
  const auto total = std::accumulate(weight.begin(), weight.end(), 0.0);
  CalibrationError error;
  double of_sampling = 0.0;
  double squares = 0.0;
  double square_shares = 0.0;
  for (const auto& bin : mass_bins(confidence, right, weight, most_bins)) {
    if (bin.rows() < 1.5) continue;  // one row says nothing about its own error
    const auto share = bin.weight / total;
    error.judged += share;
    const auto gap = bin.gap / bin.weight;
    const auto accuracy = bin.right / bin.weight;
    const auto of_accuracy = accuracy * (1.0 - accuracy) / (bin.rows() - 1.0);
    error.accuracy += share * accuracy;
    error.confidence += share * (gap + accuracy);
    square_shares += share * share / bin.rows();
    error.square += share * (gap * gap - of_accuracy);
    error.plain += share * gap * gap;
    const auto of_gap = share * bin.variance_of_gap();
    of_sampling += of_gap;
    squares += of_gap * of_gap;
  }
  error.value = std::sqrt(std::max(error.square, 0.0));
  if (error.judged > 0.0) {
    error.accuracy /= error.judged;
    error.confidence /= error.judged;
    error.rows = error.judged * error.judged / square_shares;
  }
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
    // As heavy as the others are.
    const auto row = bin.squares / bin.weight;
    const auto unseen = kUnseenRows * row;
    const auto smoothed = (bin.right + unseen) / (bin.weight + 2.0 * unseen);
    // Sum of (w (right - smoothed))^2.
    const auto spread = (bin.right_squares + unseen * row) * (1.0 - 2.0 * smoothed) +
                        smoothed * smoothed * (bin.squares + 2.0 * unseen * row);
    gaps.push_back({bin.weight / total, (bin.confidence - bin.right) / bin.weight,
                    spread / (bin.weight * bin.weight) * rows / (rows + 2.0 * kUnseenRows),
                    bin.squares / (total * total),
                    (bin.right_squares - accuracy * bin.squares) / (total * total), accuracy,
                    smoothed * (1.0 - smoothed)});
  }
  return gaps;
}

std::optional<Interval> ece_interval(double value, std::span<const CalibrationGap> bins,
                                     double confidence) {
  const EceModel model(bins);
  if (!model.varies()) return std::nullopt;
  const auto of_sampling = model.moments(0.0).mean;
  const auto seen = std::max(value, of_sampling);
  const auto chances = [&](double ece) {
    const auto sample = model.moments(ece);
    const auto below = sample.below(seen);
    return Chances{below, 1.0 - below, (sample.mean - of_sampling) / sample.deviation};
  };
  const auto interval = not_refuted(seen, model.moments(seen).deviation, confidence, chances);
  double accuracy = 0.0, mean_confidence = 0.0, square_shares = 0.0;
  for (const auto& bin : bins) {
    accuracy += bin.share * bin.accuracy;
    mean_confidence += bin.share * (bin.accuracy + bin.gap);
    square_shares += bin.square_share;
  }
  const auto wider =
      with_constant(interval, accuracy, mean_confidence, 1.0 / square_shares, confidence);
  return Interval{std::min(wider.low, value), std::clamp(wider.high, value, 1.0)};
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
  const auto wider = with_constant({root(interval.low), root(interval.high)}, error.accuracy,
                                   error.confidence, error.rows, confidence);
  return Interval{std::min(wider.low, error.value), std::max(wider.high, error.value)};
}

}  // namespace candor
