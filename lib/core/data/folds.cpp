// SPDX-License-Identifier: Apache-2.0
#include "core/data/folds.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include <candor/error.h>

#include "core/base/random.h"
#include "core/data/grouped_rows.h"
#include "core/data/time_order.h"

namespace candor {
namespace {

void require_enough(std::int64_t found, std::int64_t wanted, std::int64_t folds, const char* what) {
  if (found >= wanted) return;
  throw Error(ErrorKind::data, std::to_string(folds) + " folds need at least " +
                                   std::to_string(wanted) + " " + what + "; there are " +
                                   std::to_string(found) + "; ask for fewer folds");
}

}  // namespace

Folds::Folds(const SplitKeys& keys, std::int64_t count, std::uint64_t seed)
    : count_(count), by_time_(!keys.times.empty()), fold_(static_cast<std::size_t>(keys.rows), -1) {
  if (by_time_) {
    deal_times(keys);
  } else if (!keys.groups.empty()) {
    deal_groups(keys, seed);
  } else {
    deal_rows(keys, seed);
  }
}

void Folds::deal_rows(const SplitKeys& keys, std::uint64_t seed) {
  std::map<std::int64_t, std::vector<std::int64_t>> strata;  // first rows of equal ones
  std::vector<std::int64_t> copies(fold_.size(), 0);
  std::int64_t different = 0;
  for (std::size_t row = 0; row < fold_.size(); ++row) {
    const auto self = static_cast<std::int64_t>(row);
    const auto first = keys.duplicates.empty() ? self : keys.duplicates[row];
    if (++copies[static_cast<std::size_t>(first)] > 1) continue;
    strata[keys.strata.empty() ? 0 : keys.strata[row]].push_back(self);
    ++different;
  }
  require_enough(different, count_, count_, "different rows");
  const RandomStream stream(seed, "folds");
  std::vector<std::int64_t> total(static_cast<std::size_t>(count_), 0);
  for (const auto& [stratum, rows] : strata) {
    std::vector<std::int64_t> mine(total.size(), 0);
    const auto order = permutation(static_cast<std::int64_t>(rows.size()),
                                   stream.at(static_cast<std::uint64_t>(stratum)));
    for (const auto i : order) {
      const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
      std::size_t least = 0;
      for (std::size_t fold = 1; fold < total.size(); ++fold) {
        if (std::tie(mine[fold], total[fold]) < std::tie(mine[least], total[least])) least = fold;
      }
      fold_[row] = static_cast<std::int64_t>(least);
      mine[least] += copies[row];
      total[least] += copies[row];
    }
  }
  if (keys.duplicates.empty()) return;
  for (std::size_t row = 0; row < fold_.size(); ++row) {
    fold_[row] = fold_[static_cast<std::size_t>(keys.duplicates[row])];
  }
}

void Folds::deal_groups(const SplitKeys& keys, std::uint64_t seed) {
  GroupedRows groups(keys.groups, keys.strata, [](std::int64_t) { return true; });
  require_enough(groups.count(), count_, count_, "groups");
  auto order = permutation(groups.count(), RandomStream(seed, "folds"));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return groups.rows_of(a).size() > groups.rows_of(b).size();
  });
  const auto& sizes = groups.stratum_sizes();
  const auto folds = static_cast<std::size_t>(count_);
  std::vector<std::vector<double>> strata(folds, std::vector<double>(sizes.size(), 0.0));
  std::vector<std::size_t> total(folds, 0);
  for (const auto group : order) {
    const auto& counts = groups.strata_of(group);
    const auto crowding = [&](std::size_t fold) {
      double sum = 0.0;
      for (const auto& [stratum, rows] : counts)
        sum += rows * strata[fold][stratum] / sizes[stratum];
      return std::pair{sum, total[fold]};
    };
    std::size_t least = 0;
    auto fewest = crowding(0);
    for (std::size_t fold = 1; fold < folds; ++fold) {
      const auto here = crowding(fold);
      if (here >= fewest) continue;
      least = fold;
      fewest = here;
    }
    for (const auto& [stratum, rows] : counts) strata[least][stratum] += rows;
    const auto rows = groups.rows_of(group);
    total[least] += rows.size();
    for (const auto row : rows) {
      fold_[static_cast<std::size_t>(row)] = static_cast<std::int64_t>(least);
    }
  }
}

void Folds::deal_times(const SplitKeys& keys) {
  const TimeOrder order(keys.times);
  require_enough(order.times(), count_ + 1, count_, "different times");
  auto end = keys.rows;
  auto cuts = order.times() - 1;
  for (auto fold = count_ - 1; fold >= 0; --fold) {
    const auto [index, begin] = order.cut_near(keys.rows * (fold + 1) / (count_ + 1), fold, cuts);
    for (const auto row : order.rows(begin, end)) fold_[static_cast<std::size_t>(row)] = fold;
    end = begin;
    cuts = index;
  }
}

Folds::Rows Folds::at(std::int64_t fold) const {
  Rows rows;
  for (std::size_t row = 0; row < fold_.size(); ++row) {
    const bool trains = by_time_ ? fold_[row] < fold : fold_[row] != fold;
    if (trains) rows.train.push_back(static_cast<std::int64_t>(row));
    if (fold_[row] == fold) rows.held_out.push_back(static_cast<std::int64_t>(row));
  }
  return rows;
}

}  // namespace candor
