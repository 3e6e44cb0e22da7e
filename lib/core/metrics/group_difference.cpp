// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_difference.h"

#include <cmath>

namespace candor {

ShareDifference compare_shares(const Share& first, const Share& second, double confidence) {
  const auto a = share_estimate(first, confidence, false);
  const auto b = share_estimate(second, confidence, false);
  const auto interval = mover_difference(a, b);
  const auto n = first.count(), m = second.count();
  return {a, b, {interval.low, interval.high, equal_shares_p({a.value * n, n, b.value * m, m})}};
}

std::optional<GroupDifference> compare_means(const GroupSums& first, const GroupSums& second,
                                             Moments GroupSums::*of, double confidence) {
  const auto va = std::pow(first.standard_error(first.*of), 2);
  const auto vb = std::pow(second.standard_error(second.*of), 2);
  if (!(va > 0.0) || !(vb > 0.0) || !std::isfinite(va + vb)) return std::nullopt;
  if (first.few_are_heavy() || second.few_are_heavy()) return std::nullopt;
  const auto freedom =
      (va + vb) * (va + vb) /
      (va * va / (first.effective_rows() - 1.0) + vb * vb / (second.effective_rows() - 1.0));
  if (!(freedom > 0.0)) return std::nullopt;  // variances whose squares are no numbers
  const auto difference = first.mean(first.*of) - second.mean(second.*of);
  const auto error = std::sqrt(va + vb);
  const auto half = student_factor(freedom, confidence) * error;
  return GroupDifference{difference - half, difference + half,
                         student_p(difference, error, freedom)};
}

}  // namespace candor
