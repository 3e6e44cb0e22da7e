// SPDX-License-Identifier: Apache-2.0
// What the columns and rows of a table are, beside what its reader says of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <candor/config.h>

#include "core/inspect/column_look.h"
#include "core/inspect/row_sample.h"
#include "core/inspect/unknown_table.h"

namespace candor {

// Of the cells of one row, so that equal rows can be found.
struct RowStamp {
  std::uint64_t features = 0;  // every column but the target
  std::uint64_t target = 0;
  friend auto operator<=>(const RowStamp&, const RowStamp&) = default;
};

class TableLook {
 public:
  // `unknown` must outlive this. `target`: the column to predict, or empty. `like`: stamps are made
  // over the columns of that table, so that rows of both can be compared. Throws Error{config} for
  // a target that is not a column.
  TableLook(const UnknownTable& unknown, const std::string& target,
            const TableLook* like = nullptr);

  const Table& table() const { return unknown_.table; }
  std::int64_t bytes() const;  // of the files, as they lie on the disk
  std::int64_t rows() const { return table().rows(); }
  std::int64_t bad_rows() const { return static_cast<std::int64_t>(table().bad_rows().size()); }
  // "line 9", or of several files "line 9 of b.csv"; empty without any.
  std::string first_bad_line() const;
  // As found: delimiter, header, trimming, and the usual markers that occur.
  const TableFormat& format() const { return unknown_.format; }
  const std::vector<ColumnLook>& columns() const { return columns_; }
  std::int64_t find(const std::string& column) const { return table().find(column); }  // -1: none
  std::int64_t target() const { return target_; }                                      // -1: none
  const RowSample& sample() const { return sample_; }
  const std::vector<RowStamp>& stamps() const { return stamps_; }  // sorted
  // Cells of one column of the sample.
  std::vector<std::string_view> sampled(std::size_t column) const;

 private:
  void stamp(std::uint64_t column, const std::vector<std::uint64_t>& hashes);

  const UnknownTable& unknown_;
  std::int64_t target_ = -1;
  std::vector<ColumnLook> columns_;
  RowSample sample_;
  std::vector<RowStamp> stamps_;
};

}  // namespace candor
