// SPDX-License-Identifier: Apache-2.0
#include "core/table/column_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace candor {

SortedValues::SortedValues(const std::vector<double>& values, const std::vector<double>& weights) {
  std::vector<std::pair<double, double>> sorted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights[i] > 0.0) sorted.emplace_back(values[i], weights[i]);
  }
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    values_.push_back(sorted[i].first);
    weights_.push_back(sorted[i].second);
    places_.push_back(i == 0 ? 0.0
                             : places_.back() + (sorted[i - 1].second + sorted[i].second) / 2.0);
  }
}

double SortedValues::median() const {
  if (empty()) return 0.0;
  double total = 0.0, below = 0.0;
  for (const auto weight : weights_) total += weight;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    below += weights_[i];
    if (2.0 * below < total) continue;
    const bool between = 2.0 * below == total && i + 1 < values_.size();
    return between ? (values_[i] + values_[i + 1]) / 2.0 : values_[i];
  }
  return values_.back();
}

double SortedValues::quantile(double p) const {
  if (empty()) return 0.0;
  const auto place = p * places_.back();
  const auto found = std::upper_bound(places_.begin(), places_.end(), place);
  const auto above = static_cast<std::size_t>(found - places_.begin());
  if (above == 0 || above >= values_.size()) return values_[above == 0 ? 0 : above - 1];
  const auto share = (place - places_[above - 1]) / (places_[above] - places_[above - 1]);
  return values_[above - 1] + share * (values_[above] - values_[above - 1]);
}

Moments moments(const std::vector<double>& values, const std::vector<double>& weights,
                double digits) {
  double total = 0.0, sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    total += weights[i];
    sum += weights[i] * values[i];
  }
  if (total <= 0.0) return {};
  const double mean = sum / total;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += weights[i] * (values[i] - mean) * (values[i] - mean);
  }
  const double deviation = std::sqrt(squares / total);
  return {mean, deviation > digits * std::abs(mean) ? deviation : 0.0};
}

}  // namespace candor
