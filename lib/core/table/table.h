// SPDX-License-Identifier: Apache-2.0
// A table as read from files: typed columns, and where each row came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <candor/config.h>

#include "core/base/missing_group.h"
#include "core/table/cell_type.h"
#include "core/table/column.h"
#include "core/table/csv_index.h"
#include "core/table/number.h"
#include "core/table/string_index.h"

namespace candor {

// A row that could not be read, for the log and for data.clean.max_bad_fraction.
struct BadRow {
  std::int64_t line = 0;   // first line of the row in its file, from 1
  std::string reason;      // never holds a cell's content
  std::size_t source = 0;  // index in Table::sources()
};

// One of the files that a table was read from.
struct TableSource {
  std::string path;
  std::int64_t first_row = 0;  // of the table; the file's rows end where the next source's begin
  std::string sha256;          // of the file's bytes as they lie on the disk, lower-case hex; empty
                               // unless it was asked for
  std::int64_t bytes = 0;      // of the file, likewise
};

// "a.csv", "a.csv and 3 more".
std::string table_path(const std::vector<TableSource>& sources);

// Immutable once read; may be used by several threads at once. `column` and `row` count from 0 and
// must be in range.
class Table {
 public:
  std::int64_t rows() const { return rows_; }
  const std::vector<std::string>& columns() const { return names_; }
  // Index of a column, or -1.
  std::int64_t find(std::string_view column) const { return position(index_, column); }

  // ---- types: at hand, nothing is computed --------------------------------------------------
  CellType type(std::int64_t column) const { return summary(column).type; }
  const ColumnSummary& summary(std::int64_t column) const { return at(column).summary(); }

  // ---- numbers: at hand, nothing is parsed, where numbers(column) is not empty ---------------
  // One value per row, NaN where the cell is missing or no finite number. Empty unless at least
  // half of the column's values are numbers.
  std::span<const double> numbers(std::int64_t column) const { return at(column).numbers(); }
  // What parse_number(cell(column, row)) says: kind text for a missing cell.
  ParsedNumber number(std::int64_t column, std::int64_t row) const {
    return at(column).number(row);
  }

  // ---- text -----------------------------------------------------------------------------------
  // The cell after trimming, `values` map and missing markers; empty means missing. The view lives
  // as long as the table. Cheap for text. Columns of numbers keep values only: the first call
  // for one of them writes out the text of all its cells (once, some 20 ns and 12 bytes per row);
  // where a number or missing() will do, ask for those.
  std::string_view cell(std::int64_t column, std::int64_t row) const {
    return at(column).cell(row);
  }
  // For those who look at each cell once: nothing is kept. The view may be into `text`, which is
  // written over.
  std::string_view cell(std::int64_t column, std::int64_t row, std::string& text) const {
    return at(column).cell(row, text);
  }
  // Never writes out text.
  bool missing(std::int64_t column, std::int64_t row) const { return at(column).missing(row); }

  // ---- origin ---------------------------------------------------------------------------------
  const std::vector<TableSource>& sources() const { return sources_; }
  // The cache that the table was read from or written to; empty: none.
  const std::string& cache_file() const { return cache_file_; }
  // For messages about the whole table: "a.csv", "a.csv and 3 more".
  const std::string& path() const { return path_; }
  // Line in its own file where the row starts, from 1. A binary search.
  std::int64_t line(std::int64_t row) const;
  // "adult.csv:17", for messages.
  std::string place(std::int64_t row) const;
  std::string place(const BadRow& bad) const;
  // In the order of the files and lines.
  const std::vector<BadRow>& bad_rows() const { return bad_rows_; }

  // "no column 'aeg' in adult.csv; did you mean 'age'?", or the columns there are.
  std::string no_column(std::string_view column) const;

  // For the reader, when the table is done.
  void set_cache_file(std::string path) { cache_file_ = std::move(path); }

 private:
  friend class TableBuilder;
  friend struct TableLayout;
  const Column& at(std::int64_t column) const {
    return *columns_[static_cast<std::size_t>(column)];
  }

  // Rows from `first_row` on lie in line `line_of_first` + (row - first_row), until the next run.
  struct LineRun {
    std::int64_t first_row = 0;
    std::int64_t line_of_first = 0;
  };

  std::int64_t rows_ = 0;
  std::string path_;
  std::string cache_file_;
  std::vector<TableSource> sources_;
  std::vector<std::string> names_;
  StringIndex index_;
  std::vector<std::shared_ptr<const Column>> columns_;
  std::vector<LineRun> lines_;
  std::vector<BadRow> bad_rows_;
};

struct ReadOptions {
  std::size_t threads = 0;  // 0: one per core
  // TableSource::sha256 is filled in: of the very bytes that were read.
  bool digest = false;
  // Folder of the columnar cache, made when it is missing; empty: none. The table is the same with
  // and without it. A cache that is damaged, or of other files or settings, is made anew.
  std::string cache;
  // Neither changes the table. Bytes that one thread reads at a time, from 1 on; and instructions.
  std::size_t chunk_bytes = std::size_t{1} << 20;
  CsvKernel kernel = best_csv_kernel();
};

// Whether a file is read as JSON lines: by `format.type`, or by its name (.jsonl, .ndjson, .json,
// each also with .gz).
bool is_json_lines(std::string_view name, const TableFormat& format);

// Reads tables by `config.format`, gzip undone (see open_bytes()). CSV: RFC 4180 quotes (also with
// line breaks inside), lines ended by LF, CR LF or CR, UTF-8 with or without a byte order mark;
// blank lines and comment lines skipped. Then, per cell: trimming of what is not quoted, the
// column's `values` map, missing markers. Columns without a name in the header are called c<index>,
// as all are where there is no header. A delimiter at the end of every line makes no column: where
// the header has none, the first row decides; else the last column is left out when it has neither
// a name nor a value. Several files must have the same columns in the same order; their rows follow
// each other in the order of `paths`. JSON lines: one flat object per line; the columns are the
// keys of all lines by first appearance, and a key that a line lacks, or null, is a missing cell.
// Numbers, true and false count by their text. Throws Error{data} that names file, line, what was
// found and the config key to change: missing, empty or header-only file, duplicate column, another
// header than the first file's, unusable rows above config.clean.max_bad_fraction, NUL bytes, text
// that is not UTF-8, unterminated quote. Columns that the config names need not exist (a file to
// predict has no target): check_columns().
Table read_table(const std::vector<std::string>& paths, const TableData& config,
                 const ReadOptions& options = {});
Table read_table(const std::filesystem::path& path, const TableData& config);
// The bytes of a table's file. Throws Error{data} for a folder too.
std::string read_table_text(const std::filesystem::path& path);
// Same for text in memory; `name` stands for the path in messages.
Table parse_table(std::string_view text, const std::string& name, const TableData& config,
                  const ReadOptions& options = {});

// Every column that data.columns and data.groups name exists. Throws Error{config} with one line
// per column that does not.
void check_columns(const Table& table, const TableData& config);

// The text of `column` in each row, "(missing)" where there is none. Throws Error{data} when the
// table has no such column.
std::vector<std::string> group_values(const Table& table, std::span<const std::int64_t> rows,
                                      const std::string& column);

}  // namespace candor
