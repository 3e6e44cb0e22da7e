// SPDX-License-Identifier: Apache-2.0
// One pass over a table's file: what its columns and rows are, in memory that does not grow with
// the file but for 16 bytes a row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/inspect/column_look.h"
#include "core/inspect/row_sample.h"

namespace candor {

// Of the cells of one row, so that equal rows can be found.
struct RowStamp {
  std::uint64_t features = 0;  // every column but the target
  std::uint64_t target = 0;
  friend auto operator<=>(const RowStamp&, const RowStamp&) = default;
};

class TableLook {
 public:
  // Rows whose stamps are kept, at most; 128 MiB. Equal rows beyond them are not found.
  static constexpr std::size_t kMostStamps = std::size_t{8} << 20;

  // `target`: the column to predict, or empty. `like`: stamps are made over the columns of that
  // table, so that rows of both can be compared. Throws Error{data} as open_rows() says, and when
  // no row can be used; Error{config} for a target that is not a column.
  TableLook(const std::filesystem::path& path, const std::string& target,
            const TableLook* like = nullptr);

  const std::filesystem::path& path() const { return path_; }
  std::int64_t bytes() const { return bytes_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t bad_rows() const { return bad_rows_; }
  std::int64_t first_bad_line() const { return first_bad_line_; }
  // As found: delimiter, header, trimming, and the usual markers that occur.
  const TableFormat& format() const { return format_; }
  const std::vector<ColumnLook>& columns() const { return columns_; }
  std::int64_t find(const std::string& column) const;  // -1: none
  std::int64_t target() const { return target_; }      // -1: none
  const RowSample& sample() const { return *sample_; }
  const std::vector<RowStamp>& stamps() const { return stamps_; }  // sorted
  bool all_stamped() const { return static_cast<std::int64_t>(stamps_.size()) == rows_; }
  // Cells of one column of the sample.
  std::vector<std::string_view> sampled(std::size_t column) const;

 private:
  std::filesystem::path path_;
  TableFormat format_;
  std::int64_t bytes_ = 0, rows_ = 0, bad_rows_ = 0, first_bad_line_ = 0;
  std::vector<ColumnLook> columns_;
  std::int64_t target_ = -1;
  std::vector<std::int64_t> stamped_;  // columns that stamps are made over, in order; -1: not here
  std::optional<RowSample> sample_;
  std::vector<RowStamp> stamps_;
};

}  // namespace candor
