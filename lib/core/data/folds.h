// SPDX-License-Identifier: Apache-2.0
// Cross-validation: rows in folds, each of which is held out once. A pure function of keys, number
// of folds and seed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

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

// What is known of `rows` alone, in their order.
SplitKeys keys_of(const SplitKeys& keys, std::span<const std::int64_t> rows);

// Some rows of a file, dealt to folds once or several times.
struct CrossFolds {
  std::vector<std::int64_t> rows;  // ascending
  std::int64_t folds = 0;
  // [repeat][i]: in which fold rows[i] is held out; -1: in none
  std::vector<std::vector<std::int64_t>> fold_of;

  std::int64_t repeats() const { return static_cast<std::int64_t>(fold_of.size()); }
  // The rows that a fold holds out, ascending.
  std::vector<std::int64_t> held_out(std::int64_t repeat, std::int64_t fold) const;
  // sha256 over the rows of every fold.
  std::string digest() const;
};

// Which fold a training holds out; from 0.
struct FoldChoice {
  std::int64_t fold = 0;
  std::int64_t repeat = 0;
};

// Deals `rows` (ascending), of a file with `keys`; the first time as Folds does with `seed`. Throws
// Error{data} as it does, and where a class is so rare that no fold could train on it;
// Error{config} for repeats of folds by time, which would all be the same.
CrossFolds deal_folds(const SplitKeys& keys, std::vector<std::int64_t> rows,
                      const CrossValidationConfig& config, std::uint64_t seed);

// The rows of one fold: `test` are those that it holds out; of the others split.validation and
// split.calibration are fractions, and they are chosen by split_rows(). By time, rows newer than
// those held out are in no part. A pure function of its arguments.
SplitRows fold_rows(const SplitKeys& keys, const CrossFolds& folds, const FoldChoice& choice,
                    const SplitConfig& split);

}  // namespace candor
