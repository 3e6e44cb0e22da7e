// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/beside_all.h"

#include <algorithm>
#include <cmath>

namespace candor {

Estimate share_estimate(const Share& share, double confidence, bool exact) {
  // Sums of weights may leave a hair outside of 0..1.
  const auto value = std::clamp(share.hit / share.total, 0.0, 1.0);
  const auto count = share.count();
  const auto interval = exact ? clopper_pearson(value * count, count, confidence)
                              : share.interval(confidence).value_or(Interval{0.0, 1.0});
  return {value, interval};
}

Metric estimated_share(const std::string& name, const Share& share, const std::string& empty_reason,
                       double confidence, bool exact) {
  if (share.total <= 0.0) return undefined_metric(name, empty_reason);
  const auto estimate = share_estimate(share, confidence, exact);
  auto metric = valued_metric(name, estimate.value);
  set_interval(metric, estimate.interval,
               !exact           ? share.method()
               : share.weighted ? "clopper-pearson, effective n"
                                : "clopper-pearson");
  return metric;
}

BesideAll::BesideAll(const Share& group, const Share& all, double confidence, bool exact)
    : weight_(group.total / all.total), value_(group.hit / group.total), all_(all.hit / all.total) {
  auto rest = all;
  rest.hit = std::max(0.0, rest.hit - group.hit);
  rest.total -= group.total;
  rest.hit_of_squares = std::max(0.0, rest.hit_of_squares - group.hit_of_squares);
  rest.total_of_squares -= group.total_of_squares;
  rest.rows -= group.rows;
  alone_ = rest.total <= 1e-9 * all.total;
  if (alone_) return;
  group_ = share_estimate(group, confidence, exact);
  rest_ = share_estimate(rest, confidence, exact);
}

double BesideAll::difference() const { return std::abs(value_ - all_); }

Interval BesideAll::difference_bounds() const {
  if (alone_) return {0.0, 0.0};
  const auto from_rest = mover_difference(group_, rest_);
  const auto low = (1.0 - weight_) * from_rest.low;
  const auto high = (1.0 - weight_) * from_rest.high;
  const bool may_be_none = low <= 0.0 && high >= 0.0;
  return {may_be_none ? 0.0 : std::min(std::abs(low), std::abs(high)),
          std::max(std::abs(low), std::abs(high))};
}

std::optional<double> BesideAll::ratio() const {
  if (all_ <= 0.0) return std::nullopt;
  return value_ <= 0.0 ? 0.0 : std::min(value_ / all_, all_ / value_);
}

Interval BesideAll::ratio_bounds() const {
  if (alone_) return {1.0, 1.0};
  const auto quotient = ratio_interval(group_, rest_);
  if (!quotient) return {0.0, 1.0};
  const auto of_all = [this](double q) {
    return std::isfinite(q) ? q / (weight_ * q + 1.0 - weight_) : 1.0 / weight_;
  };
  const auto low = of_all(quotient->low);
  const auto high = of_all(quotient->high);
  const auto turned = [](double q) { return q > 1.0 ? 1.0 / q : q; };
  return {std::min(turned(low), turned(high)),
          low <= 1.0 && high >= 1.0 ? 1.0 : std::max(turned(low), turned(high))};
}

}  // namespace candor
