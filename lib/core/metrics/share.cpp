// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/share.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace candor {

void Share::add(bool is_hit, double weight) {
  if (is_hit) hit += weight;
  if (is_hit) hit_of_squares += weight * weight;
  total += weight;
  total_of_squares += weight * weight;
  rows += weight > 0.0 ? 1.0 : 0.0;
  weighted = weighted || weight != 1.0;
}

std::optional<Interval> Share::interval(double confidence) const {
  if (total <= 0.0) return std::nullopt;
  const auto effective = effective_size(total, total_of_squares);
  // Of fewer than two Student's t has no end.
  if (effective > (1.0 - 1e-9) * rows || effective <= 2.0) {
    return wilson(hit / total, count(), confidence);
  }
  // With uneven weights the count is itself an estimate: Student's t in place of the normal.
  const auto t = student_quantile(0.5 * (1.0 + confidence), effective - 1.0);
  return wilson(hit / total, count(), std::erf(t / std::numbers::sqrt2));
}

double Share::count() const {
  // Where the heaviest rows all are hits, or none is, their spread is that of the light ones, which
  // says nothing of them.
  constexpr double kMostOfEffective = 2.0;
  const auto effective = effective_size(total, total_of_squares);
  const auto p = hit / total;
  const auto squares =
      (1.0 - p) * (1.0 - p) * hit_of_squares + p * p * (total_of_squares - hit_of_squares);
  const auto linearised = p * (1.0 - p) * total * total / squares;
  return weighted && std::isfinite(linearised) && linearised > 0.0
             ? std::min(linearised, kMostOfEffective * effective)
             : effective;
}

double mean_error(const Moments& moments, double weight, double weight_squares) {
  const auto n = effective_size(weight, weight_squares);
  if (n <= 1.0) return 0.0;
  const auto centre = moments.wx / weight;
  const auto spread = moments.w2x2 - 2.0 * centre * moments.w2x + centre * centre * weight_squares;
  // What rounding leaves of equal values is no spread.
  if (spread <= 1e-14 * moments.w2x2) return 0.0;
  return std::sqrt(spread * n / (n - 1.0)) / weight;
}

}  // namespace candor
