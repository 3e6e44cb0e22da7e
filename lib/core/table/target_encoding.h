// SPDX-License-Identifier: Apache-2.0
// Target encoding: a category becomes the mean of the target over the training rows that hold it,
// drawn towards the mean of all rows where they are few (Micci-Barreca 2001, "A preprocessing
// scheme for high-cardinality categorical attributes", SIGKDD Explorations 3(1), eq. 3, with m / (n
// + m) as the weight of the whole).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace candor {

// What is averaged: `outputs` numbers for each of N rows, row-major.
struct EncodingTargets {
  std::size_t outputs = 1;
  std::vector<double> values;
};

// For a regression the target itself. Of two classes whether it is the second; of more one column
// per class but the last (whose share follows from the others).
EncodingTargets class_targets(std::span<const std::int64_t> labels, std::size_t classes);

// Row-major [size, outputs]: for each of `size` indices (sum w y + smoothing mean) / (sum w +
// smoothing) over the rows that hold it; the mean of all rows for an index that none holds. One
// index and one weight per row. `fold` of a row that is `left_out` counts nowhere; -1: every row
// counts.
std::vector<double> fit_encodings(std::span<const std::int64_t> indices, std::size_t size,
                                  const EncodingTargets& targets, std::span<const double> weights,
                                  double smoothing, std::span<const std::int64_t> folds = {},
                                  std::int64_t left_out = -1);

// Row-major [N, outputs]: every row's encoding, fitted on the rows of the other folds, so that it
// does not depend on the row's own target. `folds` holds a number in [0, count) per row.
std::vector<double> out_of_fold_encodings(std::span<const std::int64_t> indices, std::size_t size,
                                          const EncodingTargets& targets,
                                          std::span<const double> weights, double smoothing,
                                          std::span<const std::int64_t> folds, std::int64_t count);

// A fold in [0, count) per row, of sizes that differ by one at most: a function of the seed alone.
std::vector<std::int64_t> draw_folds(std::size_t rows, std::int64_t count, std::uint64_t seed);

}  // namespace candor
