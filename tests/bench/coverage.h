// SPDX-License-Identifier: Apache-2.0
// How often intervals of the report hold the truth, over many simulated data sets.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace candor {

struct CoverageOptions {
  std::vector<std::size_t> rows = {20, 50, 200, 1000, 10000};
  std::size_t repeats = 2000;
  std::size_t truth_rows = 1'000'000;  // of the one data set whose values stand for the truth
  double confidence = 0.95;
  std::string kind;  // of simulated data; empty: all
};

// A Markdown table: a line per metric, a column per number of rows, in each cell the mean over the
// simulated models and in brackets the least and the most.
std::string coverage_table(const CoverageOptions& options);

}  // namespace candor
