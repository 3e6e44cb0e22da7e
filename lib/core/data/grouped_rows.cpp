// SPDX-License-Identifier: Apache-2.0
#include "core/data/grouped_rows.h"

#include <numeric>
#include <utility>

namespace candor {

GroupedRows::GroupedRows(std::span<const std::int64_t> groups, std::span<const std::int64_t> strata,
                         const std::function<bool(std::int64_t row)>& wanted)
    : strata_(strata) {
  std::vector<std::size_t> counts;
  const auto all = static_cast<std::int64_t>(groups.size());
  const auto group_of = [&](std::int64_t row) {
    return static_cast<std::size_t>(groups[static_cast<std::size_t>(row)]);
  };
  for (std::int64_t row = 0; row < all; ++row) {
    if (!wanted(row)) continue;
    if (group_of(row) >= counts.size()) counts.resize(group_of(row) + 1, 0);
    ++counts[group_of(row)];
    if (stratum(row) >= sizes_.size()) sizes_.resize(stratum(row) + 1, 0.0);
    ++sizes_[stratum(row)];
  }
  std::vector<std::size_t> next(counts.size());
  std::size_t end = 0;
  for (std::size_t group = 0; group < counts.size(); ++group) {
    next[group] = end;
    end += counts[group];
    if (counts[group] > 0) ends_.push_back(end);
  }
  rows_.resize(end);
  for (std::int64_t row = 0; row < all; ++row) {
    if (wanted(row)) rows_[next[group_of(row)]++] = row;
  }
  scratch_.assign(sizes_.size(), 0.0);
}

std::span<const std::int64_t> GroupedRows::rows_of(std::int64_t group) const {
  const auto i = static_cast<std::size_t>(group);
  const auto begin = i == 0 ? 0 : ends_[i - 1];
  return {rows_.data() + begin, ends_[i] - begin};
}

const std::vector<StratumCount>& GroupedRows::strata_of(std::int64_t group) {
  counts_.clear();
  for (const auto row : rows_of(group)) {
    if (scratch_[stratum(row)]++ == 0.0) counts_.push_back({stratum(row), 0.0});
  }
  for (auto& count : counts_) count.rows = std::exchange(scratch_[count.stratum], 0.0);
  return counts_;
}

ShareBalance::ShareBalance(const std::vector<double>& sizes, double fraction) : sizes_(sizes) {
  sizes_.push_back(std::accumulate(sizes.begin(), sizes.end(), 0.0));
  for (const double size : sizes_) over_.push_back(-fraction * size);
}

double ShareBalance::change(const std::vector<StratumCount>& counts, bool enters) const {
  double sum = 0.0, all = 0.0;
  const auto add = [&](std::size_t i, double rows) {
    const double over = enters ? over_[i] : -over_[i];
    sum += rows * (2.0 * over + rows) / sizes_[i];
  };
  for (const auto& [stratum, rows] : counts) {
    add(stratum, rows);
    all += rows;
  }
  add(sizes_.size() - 1, all);
  return sum;
}

void ShareBalance::move(const std::vector<StratumCount>& counts, bool enters) {
  for (const auto& [stratum, rows] : counts) {
    over_[stratum] += enters ? rows : -rows;
    over_.back() += enters ? rows : -rows;
  }
}

}  // namespace candor
