// SPDX-License-Identifier: Apache-2.0
// One part of a file as columns: what a thread makes of a chunk.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/table/column.h"
#include "core/table/csv_source.h"

namespace candor {

// What all parts of a table share.
struct TablePlan {
  std::string name;  // of the file, for messages
  CsvDialect dialect;
  bool header = true;               // for the messages about rows that do not fit
  std::size_t columns = 0;          // per row
  bool trailing_delimiter = false;  // every row has one, behind which nothing stands
};

// A row that could not be read, by its line in the file.
struct PartBadRow {
  std::int64_t line = 0;
  std::string reason;
};

// Rows from `row` on (of the part) lie in lines `line` + 0, 1, 2, ...
struct PartLines {
  std::int64_t row = 0;
  std::int64_t line = 0;
};

// "1 cell, but the header has 2".
std::string wrong_width(std::size_t cells, const TablePlan& plan);

class TablePart {
 public:
  // Reads the rows of `chunk`; its text is not needed after that. `distinct`, one per column, takes
  // the values. Throws Error{data} for text that is not UTF-8.
  void read(const CsvChunk& chunk, const TablePlan& plan, const std::deque<ColumnBuilder>& columns,
            std::vector<DistinctSketch>& distinct);

  std::size_t rows() const { return rows_; }
  const std::vector<ColumnPart>& columns() const { return columns_; }
  const std::vector<PartLines>& lines() const { return lines_; }
  const std::vector<PartBadRow>& bad_rows() const { return bad_rows_; }

 private:
  void find_indexed_rows(const CsvChunk& chunk, const TablePlan& plan);
  void scan_rows(const CsvChunk& chunk, const TablePlan& plan);
  bool accept(std::size_t cells, bool last_is_empty, std::int64_t line, const TablePlan& plan);
  void add_line(std::int64_t line);
  void cut_indexed_column(const CsvChunk& chunk, const TablePlan& plan, std::size_t column);
  std::string_view unquoted(std::string_view cell, char quote);

  std::size_t rows_ = 0;
  std::vector<ColumnPart> columns_;
  std::vector<PartLines> lines_;
  std::vector<PartBadRow> bad_rows_;
  std::vector<std::uint32_t> firsts_;    // per row, where its cells begin in the index
  std::vector<std::string_view> cells_;  // of one column
  PaddedText unescaped_;                 // cells whose doubled quotes are undone
  std::vector<std::string_view> all_;    // of all rows, row by row, where CsvScanner read them
  std::deque<std::string> kept_;         // what of those is not a part of the chunk
};

}  // namespace candor
