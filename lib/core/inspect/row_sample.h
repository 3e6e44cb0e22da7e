// SPDX-License-Identifier: Apache-2.0
// A uniform sample of the rows of a table, for what needs several columns, or a column twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/table/table.h"

namespace candor {

class RowSample {
 public:
  // Holds at most kMostRows rows and about kMostCells cells.
  static constexpr std::size_t kMostRows = 50'000;
  static constexpr std::size_t kMostCells = 2'000'000;

  explicit RowSample(const Table& table);

  std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  // The rows of the table, rising.
  const std::vector<std::int64_t>& table_rows() const { return rows_; }
  // Every row of the table is in the sample.
  bool complete() const { return complete_; }
  // The cell; of one longer than kMostBytes, its beginning and a hash of the whole.
  std::string_view cell(std::size_t column, std::int64_t row) const;
  static constexpr std::size_t kMostBytes = 64;

 private:
  struct Cells {
    std::string text;                 // the cells of a column back to back
    std::vector<std::uint32_t> ends;  // of each
  };
  void keep(std::string_view cell, Cells& cells);

  std::vector<std::int64_t> rows_;
  bool complete_ = true;
  std::vector<Cells> columns_;
};

}  // namespace candor
