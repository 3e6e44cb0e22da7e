// SPDX-License-Identifier: Apache-2.0
// Draws of rows with replacement, in proportion to weights. A draw is a function of (stream,
// position) alone, so that any place of any epoch can be drawn first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"

namespace candor {

class RowSampler {
 public:
  // `weights`: one per row, finite and >= 0, at least one above 0. Rows of weight 0 are never
  // drawn. Takes 16 bytes a row.
  explicit RowSampler(std::span<const double> weights);

  std::int64_t size() const { return static_cast<std::int64_t>(alias_.size()); }

  // The draws at positions first .. first + out.size() - 1 of `stream`.
  void rows(const RandomStream& stream, std::int64_t first, std::span<std::int64_t> out) const;

 private:
  // Walker's alias method in the form of Vose 1991, "A Linear Algorithm for Generating Random
  // Numbers with a Given Distribution": place i gives row i with probability keep_[i], else
  // alias_[i].
  std::vector<double> keep_;
  std::vector<std::int64_t> alias_;
};

// Weights with which every stratum is drawn equally often, and within it every row. `strata`: a
// number per row, from 0.
std::vector<double> balanced_weights(std::span<const std::int64_t> strata);

}  // namespace candor
