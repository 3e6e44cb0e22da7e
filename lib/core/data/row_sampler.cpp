// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_sampler.h"

#include <algorithm>
#include <numeric>

namespace candor {

RowSampler::RowSampler(std::span<const double> weights)
    : keep_(weights.begin(), weights.end()), alias_(weights.size()) {
  std::iota(alias_.begin(), alias_.end(), 0);
  const auto heaviest = std::max_element(weights.begin(), weights.end()) - weights.begin();
  // Relative to the largest first, so that the sum is finite.
  const double most = weights[static_cast<std::size_t>(heaviest)];
  for (auto& weight : keep_) weight /= most;
  const double sum = std::accumulate(keep_.begin(), keep_.end(), 0.0);
  for (auto& weight : keep_) weight *= static_cast<double>(keep_.size()) / sum;  // mean 1
  std::vector<std::size_t> light, heavy;
  for (std::size_t i = 0; i < keep_.size(); ++i) (keep_[i] < 1.0 ? light : heavy).push_back(i);
  while (!light.empty() && !heavy.empty()) {
    const auto low = light.back(), high = heavy.back();
    light.pop_back();
    alias_[low] = static_cast<std::int64_t>(high);
    keep_[high] -= 1.0 - keep_[low];
    if (keep_[high] >= 1.0) continue;
    heavy.pop_back();
    light.push_back(high);
  }
  // What rounding leaves over has mean 1, but a row without weight must stay without.
  for (const auto& left : {light, heavy}) {
    for (const auto i : left) {
      keep_[i] = weights[i] > 0.0 ? 1.0 : 0.0;
      alias_[i] = heaviest;
    }
  }
}

void RowSampler::rows(const RandomStream& stream, std::int64_t first,
                      std::span<std::int64_t> out) const {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto position = 2 * (static_cast<std::uint64_t>(first) + i);
    const auto place = static_cast<std::size_t>(stream.below(position, keep_.size()));
    const bool keep = stream.uniform(position + 1) < keep_[place];
    out[i] = keep ? static_cast<std::int64_t>(place) : alias_[place];
  }
}

std::vector<double> balanced_weights(std::span<const std::int64_t> strata) {
  std::vector<double> counts;
  for (const auto stratum : strata) {
    const auto i = static_cast<std::size_t>(stratum);
    if (i >= counts.size()) counts.resize(i + 1, 0.0);
    counts[i] += 1.0;
  }
  std::vector<double> weights(strata.size());
  std::transform(strata.begin(), strata.end(), weights.begin(), [&](std::int64_t stratum) {
    return 1.0 / counts[static_cast<std::size_t>(stratum)];
  });
  return weights;
}

}  // namespace candor
