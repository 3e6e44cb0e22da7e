// SPDX-License-Identifier: Apache-2.0
// Puts a table together from its files. Private to the readers.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_source.h"
#include "core/table/csv_index.h"
#include "core/table/json_part.h"
#include "core/table/table.h"
#include "core/table/table_part.h"

namespace candor {

CsvDialect dialect_of(const TableFormat& format);

class TableBuilder {
 public:
  TableBuilder(const TableData& config, const ReadOptions& options);

  // Reads one more file, of the type that data.format says or its name tells.
  void add(ByteSource& bytes, const std::string& name);
  Table finish() &&;

 private:
  void add_csv(ByteSource& bytes, const std::string& name);
  void add_json_lines(ByteSource& bytes, const std::string& name);
  [[noreturn]] static void fail(const std::string& what);
  void close_source(ByteSource& bytes);
  std::size_t rows_seen() const;
  [[noreturn]] void refuse_empty(CsvSource& source, const std::string& name) const;
  ColumnPlan plan_of(const std::string& column) const;
  void name_columns(const std::vector<CsvRow>& rows, const std::string& name);
  std::string column_name(std::string_view cell, std::size_t index) const;
  void compare_header(const CsvRow& row, const std::string& name) const;
  void add_column(const std::string& column, const std::string& place);
  template <class Work>
  void run_threads(const CsvSource& source, const Work& work);
  void read_chunks(CsvSource& source);
  void commit(const TablePart& part);
  void commit(const JsonPart& part);
  template <class Part>
  void commit_rows(const Part& part);
  DistinctSketch all_distinct(std::size_t column) const;
  void check_bad_rows() const;
  void drop_empty_last_column();

  const TableData& config_;
  ReadOptions options_;
  MissingMarkers markers_;
  TablePlan plan_;
  std::deque<ColumnBuilder> building_;
  std::vector<bool> named_;                            // by the header
  std::vector<std::vector<DistinctSketch>> distinct_;  // per thread and column
  std::deque<JsonPart> json_parts_;                    // one per thread and file
  std::size_t bytes_ = 0;
  Table table_;
};

}  // namespace candor
