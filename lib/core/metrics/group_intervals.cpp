// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_intervals.h"

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace candor {
namespace {

double root_of_squares(double a, double b) { return std::sqrt(a * a + b * b); }

// Sums the tables that are no more likely than the one seen.
double fisher_p(const TwoShares& shares) {
  const auto whole = [](double value) { return static_cast<unsigned>(std::llround(value)); };
  const auto hits = whole(shares.first_hit) + whole(shares.second_hit);
  const auto first = whole(shares.first_total);
  const auto all = first + whole(shares.second_total);
  const boost::math::hypergeometric_distribution<double> tables(hits, first, all);
  const auto fewest = hits + first > all ? hits + first - all : 0u;
  const auto found = std::clamp(whole(shares.first_hit), fewest, std::min(hits, first));
  const auto seen = boost::math::pdf(tables, found) * (1.0 + 1e-7);
  double sum = 0.0;
  for (auto k = fewest; k <= std::min(hits, first); ++k) {
    const auto chance = boost::math::pdf(tables, k);
    if (chance <= seen) sum += chance;
  }
  return std::min(sum, 1.0);
}

}  // namespace

double two_sided_level(double confidence) { return std::max(2.0 * confidence - 1.0, 1e-9); }

double student_factor(double freedom, double confidence) {
  return student_quantile(0.5 * (1.0 + confidence), freedom);
}

std::optional<Interval> ratio_interval(const Estimate& a, const Estimate& b) {
  if (b.value <= 0.0 && a.interval.low <= 0.0) return std::nullopt;
  Interval result{0.0, std::numeric_limits<double>::infinity()};
  const auto log_step = [](double up, double down) { return std::log(up / down); };
  if (a.interval.low > 0.0) {
    result.low = b.value > 0.0 ? a.value / b.value *
                                     std::exp(-root_of_squares(log_step(a.value, a.interval.low),
                                                               log_step(b.interval.high, b.value)))
                               : a.interval.low / b.interval.high;
  }
  if (b.interval.low > 0.0) {
    // Where a is 0 its logarithm has no step; the quotient of the ends is the wider interval.
    result.high = a.value > 0.0 ? a.value / b.value *
                                      std::exp(root_of_squares(log_step(a.interval.high, a.value),
                                                               log_step(b.value, b.interval.low)))
                                : a.interval.high / b.interval.low;
  }
  return result;
}

double equal_shares_p(const TwoShares& shares) {
  const auto all = shares.first_total + shares.second_total;
  const auto hits = shares.first_hit + shares.second_hit;
  const auto pooled = hits / all;
  if (pooled <= 0.0 || pooled >= 1.0) return 1.0;
  const auto smaller = std::min(shares.first_total, shares.second_total);
  constexpr double kMostForFisher = 1e6;  // effective sizes may be beyond whole numbers
  const bool few = smaller * std::min(pooled, 1.0 - pooled) < 1.0;
  if (few && all < kMostForFisher) return fisher_p(shares);
  const auto difference =
      shares.first_hit / shares.first_total - shares.second_hit / shares.second_total;
  const auto variance =
      pooled * (1.0 - pooled) * (1.0 / shares.first_total + 1.0 / shares.second_total);
  const auto squared = difference * difference / variance * (all - 1.0) / all;
  return std::erfc(std::sqrt(0.5 * squared));
}

double student_p(double difference, double standard_error, double freedom) {
  if (difference == 0.0) return 1.0;
  if (standard_error <= 0.0) return 0.0;
  const boost::math::students_t_distribution<double> student(freedom);
  const auto t = std::abs(difference) / standard_error;
  return std::min(1.0, 2.0 * boost::math::cdf(boost::math::complement(student, t)));
}

}  // namespace candor
