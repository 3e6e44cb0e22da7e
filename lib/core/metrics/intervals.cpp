// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/intervals.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <numbers>

namespace candor {
namespace {

// p <= 1/2: in the lower tail erfc keeps its relative precision.
double lower_quantile(double p) {
  double low = -40.0;
  double high = 0.0;
  for (int i = 0; i < 100 && low < high; ++i) {
    const auto middle = 0.5 * (low + high);
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double two_sided_quantile(double confidence) { return -normal_quantile(0.5 * (1.0 - confidence)); }

// With one finite end: the logarithm of the distance to it. `sign` is 1 where the end is the low
// one.
Interval from_end(double end, double distance, double half, double sign) {
  const auto near = end + sign * distance * std::exp(-half / distance);
  const auto far = end + sign * distance * std::exp(half / distance);
  return sign > 0.0 ? Interval{near, far} : Interval{far, near};
}

// Correlation of two outcomes of the same trials, with Newcombe's correction for continuity.
double paired_correlation(const PairedCounts& counts, double total) {
  const auto a = counts.both + counts.only_a;
  const auto b = counts.both + counts.only_b;
  const auto product = a * (total - a) * b * (total - b);
  if (product <= 0.0) return 0.0;
  auto covariance = counts.both * counts.neither - counts.only_a * counts.only_b;
  if (covariance > 0.0) covariance = std::max(covariance - 0.5 * total, 0.0);
  return covariance / std::sqrt(product);
}

}  // namespace

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double student_quantile(double p, double degrees) {
  // Boost's series for very many degrees is slow, and the difference is below 1e-10.
  if (degrees > 1e10) return normal_quantile(p);
  // Below it the quantile is beyond 1e100, and soon beyond every number.
  constexpr double kFewest = 0.02;
  return boost::math::quantile(
      boost::math::students_t_distribution<double>(std::max(degrees, kFewest)), p);
}

double clopper_pearson_lower(double hits, double count, double confidence) {
  if (hits <= 0.0) return 0.0;
  return boost::math::ibeta_inv(hits, count - hits + 1.0, 1.0 - confidence);
}

double clopper_pearson_upper(double hits, double count, double confidence) {
  return 1.0 - clopper_pearson_lower(count - hits, count, confidence);
}

Interval clopper_pearson(double hits, double count, double confidence) {
  const auto one_sided = 0.5 * (1.0 + confidence);
  return {clopper_pearson_lower(hits, count, one_sided),
          clopper_pearson_upper(hits, count, one_sided)};
}

Interval mover_mean(std::span<const Estimate> parts) {
  double sum = 0.0;
  double below = 0.0;
  double above = 0.0;
  for (const auto& part : parts) {
    sum += part.value;
    below += (part.value - part.interval.low) * (part.value - part.interval.low);
    above += (part.interval.high - part.value) * (part.interval.high - part.value);
  }
  const auto count = static_cast<double>(parts.size());
  return {(sum - std::sqrt(below)) / count, (sum + std::sqrt(above)) / count};
}

Interval mover_difference(const Estimate& a, const Estimate& b, double correlation) {
  const auto difference = a.value - b.value;
  const auto distance = [&](double one, double other) {
    return std::sqrt(std::max(one * one - 2.0 * correlation * one * other + other * other, 0.0));
  };
  const auto below = distance(a.value - a.interval.low, b.interval.high - b.value);
  const auto above = distance(a.interval.high - a.value, b.value - b.interval.low);
  return {difference - below, difference + above};
}

Interval newcombe_paired(const PairedCounts& counts, double confidence) {
  const auto total = counts.both + counts.only_a + counts.only_b + counts.neither;
  const auto estimate = [&](double hits) {
    return Estimate{hits / total, wilson(hits / total, total, confidence)};
  };
  return mover_difference(estimate(counts.both + counts.only_a),
                          estimate(counts.both + counts.only_b), paired_correlation(counts, total));
}

Tails unified_tails(double distance, double confidence) {
  const auto level = 1.0 - confidence;
  const auto two_sided = two_sided_quantile(confidence);
  if (distance >= two_sided) return {0.5 * level, 0.5 * level};
  if (distance <= 0.0) return {0.0, level};
  // With the upper end c above, the likelihood ratio puts the lower one -(d^2 + c^2) / 2d away.
  const auto below = [&](double c) {
    return normal_cdf(-0.5 * (distance * distance + c * c) / distance);
  };
  auto low = -normal_quantile(level);
  auto high = two_sided;
  for (int i = 0; i < 60; ++i) {
    const auto middle = 0.5 * (low + high);
    (below(middle) + normal_cdf(-middle) > level ? low : high) = middle;
  }
  return {below(high), normal_cdf(-high)};
}

std::optional<Interval> linearised_interval(double value, double standard_error, double degrees,
                                            double confidence, double lowest, double highest) {
  if (!(standard_error > 0.0) || !(degrees > 0.0)) return std::nullopt;
  if (value <= lowest || value >= highest) return std::nullopt;
  const auto half = student_quantile(0.5 * (1.0 + confidence), degrees) * standard_error;
  const auto bounded_below = std::isfinite(lowest);
  const auto bounded_above = std::isfinite(highest);
  if (!bounded_below && !bounded_above) return Interval{value - half, value + half};
  if (!bounded_above) return from_end(lowest, value - lowest, half, 1.0);
  if (!bounded_below) return from_end(highest, highest - value, half, -1.0);
  // Of -1..1 the atanh is half the logit of the share of the range: the same interval.
  const auto range = highest - lowest;
  const auto share = (value - lowest) / range;
  const auto centre = std::log(share) - std::log1p(-share);
  const auto width = half / range / (share * (1.0 - share));
  const auto back = [&](double x) { return lowest + range / (1.0 + std::exp(-x)); };
  return Interval{back(centre - width), back(centre + width)};
}

double normal_quantile(double p) { return p <= 0.5 ? lower_quantile(p) : -lower_quantile(1.0 - p); }

Interval wilson(double proportion, double count, double confidence) {
  const auto z = two_sided_quantile(confidence);
  const auto z2n = z * z / count;
  const auto centre = (proportion + 0.5 * z2n) / (1.0 + z2n);
  const auto half =
      z / (1.0 + z2n) * std::sqrt(proportion * (1.0 - proportion) / count + 0.25 * z2n / count);
  // At 0 and 1 the formula gives the end itself; rounding must not push it past.
  return {proportion <= 0.0 ? 0.0 : std::clamp(centre - half, 0.0, proportion),
          proportion >= 1.0 ? 1.0 : std::clamp(centre + half, proportion, 1.0)};
}

double effective_size(double sum, double sum_of_squares) {
  return sum_of_squares > 0.0 ? sum * sum / sum_of_squares : 0.0;
}

Interval logit_interval(double value, double standard_error, double confidence) {
  const auto centre = std::log(value) - std::log1p(-value);
  const auto half = two_sided_quantile(confidence) * standard_error / (value * (1.0 - value));
  const auto back = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  return {back(centre - half), back(centre + half)};
}

Interval constant_outcome_interval(double value, std::size_t count, double confidence) {
  const auto share = std::pow(1.0 - confidence, 1.0 / static_cast<double>(count));
  return {value * share, 1.0 - (1.0 - value) * share};
}

}  // namespace candor
