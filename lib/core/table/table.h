// SPDX-License-Identifier: Apache-2.0
// A table of text cells as read from a file, and its reader.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/table/string_index.h"

namespace candor {

// A row that could not be read, for the log and for data.max_bad_fraction.
struct BadRow {
  std::int64_t line = 0;  // first line of the row in its file, from 1
  std::string reason;     // never holds a cell's content
};

// Column-major cells. Missing markers are already replaced by an empty cell.
class Table {
 public:
  std::int64_t rows() const { return static_cast<std::int64_t>(lines_.size()); }
  const std::vector<std::string>& columns() const { return columns_; }
  // Index of a column, or -1.
  std::int64_t find(std::string_view column) const;
  std::string_view cell(std::int64_t column, std::int64_t row) const;
  bool missing(std::int64_t column, std::int64_t row) const { return cell(column, row).empty(); }
  // Line in the file where the row starts, from 1.
  std::int64_t line(std::int64_t row) const { return lines_[static_cast<std::size_t>(row)]; }
  const std::string& path() const { return path_; }
  const std::vector<BadRow>& bad_rows() const { return bad_rows_; }

  // "adult.csv:17", for messages.
  std::string place(std::int64_t row) const { return path_ + ":" + std::to_string(line(row)); }
  // "no column 'aeg' in adult.csv; did you mean 'age'?", or the columns there are.
  std::string no_column(std::string_view column) const;

 private:
  friend class TableReader;
  std::string path_;
  std::vector<std::string> columns_;
  StringIndex index_;
  std::vector<std::int64_t> lines_;
  std::vector<BadRow> bad_rows_;
  std::vector<std::string> text_;                 // per column, cells back to back
  std::vector<std::vector<std::uint64_t>> ends_;  // per column, end of each row's cell in text_
};

// Reads a CSV by `config.format`: RFC 4180 quotes (also with line breaks inside), lines ended by
// LF, CR LF or CR, UTF-8 with or without a byte order mark, blank lines skipped. Then, per cell:
// trimming of what is not quoted, the column's `values` map, missing markers. Columns without a
// name in the header are called c<index>, as all are where there is no header. Throws Error{data}
// that names file, line, what was found and the config key to change: missing, empty or header-only
// file, duplicate column, unusable rows above config.max_bad_fraction, NUL bytes, text that is not
// UTF-8, unterminated quote. Columns that the config names need not exist (a file to predict has no
// target): check_columns().
Table read_table(const std::filesystem::path& path, const TableData& config);
// The bytes of a table's file. Throws Error{data} for a folder too.
std::string read_table_text(const std::filesystem::path& path);
// Same for text in memory; `name` stands for the path in messages.
Table parse_table(std::string_view text, const std::string& name, const TableData& config);

// Every column that data.columns and data.groups name exists. Throws Error{config} with one line
// per column that does not.
void check_columns(const Table& table, const TableData& config);

// The text of `column` in each row, "(missing)" where there is none. Throws Error{data} when the
// table has no such column.
std::vector<std::string> group_values(const Table& table, std::span<const std::int64_t> rows,
                                      const std::string& column);

}  // namespace candor
