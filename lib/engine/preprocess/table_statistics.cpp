// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/table_statistics.h"

#include <algorithm>
#include <cmath>

#include "core/table/yeo_johnson.h"

namespace candor {

std::int64_t TableStatistics::dense_width() const {
  auto width = mean.size() - encoded_columns.size() + indicators.size() + one_hot_column.size();
  if (!encoded_apart) {
    for (const auto& edges : bins) width += edges.size() - 1;
  }
  return static_cast<std::int64_t>(width);
}

std::int64_t TableStatistics::encoded_inputs() const {
  std::size_t most = 1;
  for (const auto& edges : bins) most = std::max(most, edges.size() - 1);
  return static_cast<std::int64_t>(most);
}

double TableStatistics::in_target_unit(double standardised) const {
  const auto value = standardised * target_scale + target_mean;
  if (target_transform == TargetTransform::standard) return value;
  return std::expm1(std::min(value, kLargestLogTarget));
}

double TableStatistics::standardised(double target) const {
  const bool log = target_transform == TargetTransform::log;
  return ((log ? std::log1p(target) : target) - target_mean) / target_scale;
}

double TableStatistics::unscaled(std::size_t column, double z) const {
  const auto place_in = [&](const std::vector<std::int64_t>& columns) {
    const auto found = std::find(columns.begin(), columns.end(), static_cast<std::int64_t>(column));
    return static_cast<std::size_t>(found - columns.begin());
  };
  auto value = mean[column] + scale[column] * z;
  if (const auto at = place_in(quantile_columns); at < quantile_columns.size()) {
    const auto& x = knots[at];
    const auto share = 0.5 * std::erfc(-z / std::sqrt(2.0)) * static_cast<double>(x.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(share), x.size() - 2);
    value = x[below] + (share - static_cast<double>(below)) * (x[below + 1] - x[below]);
    if (std::abs(z) > 2.0) value += 0.1 * z * (x.back() - x.front());
  }
  if (place_in(log_columns) < log_columns.size()) return inverse_signed_log(value);
  if (const auto at = place_in(power_columns); at < power_columns.size()) {
    return inverse_yeo_johnson(value, power_lambda[at]);
  }
  return value;
}

}  // namespace candor
