// SPDX-License-Identifier: Apache-2.0
// A uniform sample of the rows of a stream, for what needs several columns, or a column twice.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"

namespace candor {

// Reservoir sampling (Vitter 1985, algorithm R) with a fixed seed: the same file, the same sample.
class RowSample {
 public:
  // Holds at most kMostRows rows and about kMostCells cells.
  static constexpr std::size_t kMostRows = 50'000;
  static constexpr std::size_t kMostCells = 2'000'000;

  explicit RowSample(std::size_t columns);

  void add(std::span<const std::string_view> cells);

  std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t seen() const { return seen_; }
  // Every row that was seen is in the sample.
  bool complete() const { return seen_ == rows(); }
  // The cell; of one longer than kMostBytes, its beginning and a hash of the whole.
  std::string_view cell(std::size_t column, std::int64_t row) const;
  static constexpr std::size_t kMostBytes = 64;

 private:
  struct Row {
    std::string text;                 // the cells back to back
    std::vector<std::uint32_t> ends;  // of each
  };
  void keep(Row& row, std::span<const std::string_view> cells);

  std::size_t limit_;
  std::int64_t seen_ = 0;
  std::vector<Row> rows_;
  RandomStream stream_;
};

}  // namespace candor
