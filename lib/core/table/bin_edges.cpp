// SPDX-License-Identifier: Apache-2.0
#include "core/table/bin_edges.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/table/column_statistics.h"

namespace candor {
namespace {

bool above(double value, double edge) {
  return value - edge > 1e-6 * std::max(1.0, std::abs(edge));
}

struct Different {
  double value, weight;
};

std::vector<Different> different_values(const std::vector<double>& values,
                                        const std::vector<double>& weights) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<Different> different;
  for (const auto i : order) {
    if (weights[i] == 0.0) continue;
    if (different.empty() || above(values[i], different.back().value)) {
      different.push_back({values[i], 0.0});
    }
    different.back().weight += weights[i];
  }
  return different;
}

// Values that fill a bin, and quantiles of the others for the bins that are left.
std::vector<double> crowded_edges(const std::vector<Different>& different, std::int64_t bins) {
  double total = 0.0;
  for (const auto& one : different) total += one.weight;
  const auto full = total / static_cast<double>(bins);
  std::vector<double> edges, values, weights;
  for (const auto& one : different) {
    if (one.weight >= full) {
      edges.push_back(one.value);
    } else {
      values.push_back(one.value);
      weights.push_back(one.weight);
    }
  }
  const auto left = std::max<std::int64_t>(1, bins - static_cast<std::int64_t>(edges.size()));
  const SortedValues others(values, weights);
  for (std::int64_t t = 0; t <= left && !others.empty(); ++t) {
    edges.push_back(others.quantile(static_cast<double>(t) / static_cast<double>(left)));
  }
  std::sort(edges.begin(), edges.end());
  return edges;
}

}  // namespace

std::vector<double> bin_edges(const std::vector<double>& values, const std::vector<double>& weights,
                              std::int64_t bins) {
  const auto different = different_values(values, weights);
  std::vector<double> edges;
  const auto add = [&](double edge) {
    if (edges.empty() || above(edge, edges.back())) edges.push_back(edge);
  };
  if (static_cast<std::int64_t>(different.size()) <= bins + 1) {
    for (const auto& one : different) add(one.value);
  } else {
    for (const auto edge : crowded_edges(different, bins)) add(edge);
  }
  if (edges.empty()) edges.push_back(0.0);
  if (edges.size() == 1) edges.push_back(edges.front() + 1.0);
  return edges;
}

}  // namespace candor
