// SPDX-License-Identifier: Apache-2.0
// How much of a target one column alone tells.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace candor {

// A target by rows: classes, or for amounts the rank of each among all, in [0, 1].
struct TargetSample {
  bool classes = true;
  std::int32_t class_count = 0;
  std::vector<std::int32_t> label;  // -1: missing; such rows are left out
  std::vector<double> rank;         // amounts; NaN: missing
};

TargetSample class_target(std::span<const std::string_view> cells);
// Ranks, so that every rising or falling recoding of the target counts as the target, and no single
// extreme value decides. Equal amounts share their mean rank.
TargetSample amount_target(std::span<const std::string_view> cells);

// In [0, 1], out of fold (5 folds): each row is predicted from the rows of the other folds that
// have the same value of the column, or, for a column of many numbers, a value in the same of 64
// quantile bins; whichever is better. Classes: 1 - cross-entropy / cross-entropy of the class
// shares, so the share of the target's entropy that the column resolves (normalised mutual
// information, but free of the bias that gives every identifier a 1). Amounts: R2 of the ranks. A
// copy or recoding of the target is near 1; a value that occurs once says nothing.
double predictive_share(std::span<const std::string_view> cells, const TargetSample& target);

}  // namespace candor
