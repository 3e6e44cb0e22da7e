// SPDX-License-Identifier: Apache-2.0
// Cross-validation: rows in folds, each of which is held out once. A pure function of keys, number
// of folds and seed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/split.h"

namespace candor {

class Folds {
 public:
  // `count` >= 2. By the keys there are:
  //   strata, duplicates  random; each fold has as many rows of each class as the others, and as
  //                       many in all, up to one; more where equal rows stay together
  //   groups              from the largest to the smallest, each to the fold that has the fewest of
  //                       its classes (the fewest rows without strata)
  //   times               rows in `count` + 1 blocks of about equal size from old to new; fold i
  //                       holds block i + 1 out and trains on all blocks before it
  // Throws Error{data} when there are too few rows, groups or times.
  Folds(const SplitKeys& keys, std::int64_t count, std::uint64_t seed);

  std::int64_t count() const { return count_; }

  struct Rows {
    std::vector<std::int64_t> train, held_out;  // ascending
  };
  Rows at(std::int64_t fold) const;

  // The fold in which each row is held out; -1: in none (the oldest block of times).
  std::span<const std::int64_t> fold_of_rows() const { return fold_; }

 private:
  void deal_rows(const SplitKeys& keys, std::uint64_t seed);
  void deal_groups(const SplitKeys& keys, std::uint64_t seed);
  void deal_times(const SplitKeys& keys);

  std::int64_t count_;
  bool by_time_;
  std::vector<std::int64_t> fold_;
};

}  // namespace candor
