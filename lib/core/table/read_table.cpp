// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/table/cell_rules.h"
#include "core/table/csv_scanner.h"
#include "core/table/table.h"

namespace candor {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::int64_t line_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  return 1 + std::count(before.begin(), before.end(), '\n');
}

std::string place(const std::string& name, std::int64_t line) {
  return name + ":" + std::to_string(line) + ": ";
}

// A file in another encoding, or no text at all, is refused as a whole.
void check_text(std::string_view text, const std::string& name) {
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    throw Error(ErrorKind::data, place(name, line_of(text, zero)) +
                                     "a NUL byte; the file is not CSV text in UTF-8 (is it UTF-16, "
                                     "or a spreadsheet?); save it as CSV in UTF-8");
  }
  if (const auto bad = find_invalid_utf8(text)) {
    throw Error(ErrorKind::data,
                place(name, line_of(text, *bad)) + "not valid UTF-8 at byte " +
                    std::to_string(*bad) +
                    "; convert the file, for example with iconv -f latin1 -t utf-8");
  }
}

CsvDialect dialect_of(const TableFormat& format) {
  if (format.delimiter.size() != 1 || format.quote.size() > 1) {
    throw Error(ErrorKind::config,
                "data.format: delimiter must be one byte, and quote one byte or empty");
  }
  CsvDialect dialect;
  dialect.delimiter = format.delimiter.front();
  dialect.quotes = !format.quote.empty();
  if (dialect.quotes) dialect.quote = format.quote.front();
  dialect.trim = format.trim;
  return dialect;
}

}  // namespace

// Fills a Table file by file, row by row.
class TableBuilder {
 public:
  explicit TableBuilder(const TableData& config)
      : config_(config), markers_(config.format.missing) {}

  void add(std::string_view text, const std::string& name, std::string digest) {
    check_text(text, name);
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    table_.sources_.push_back({name, table_.rows_, std::move(digest)});
    CsvScanner scanner(text, dialect_of(config_.format));
    bool more = scanner.next();
    if (!more) fail(name + ": the file is empty; a table needs rows" + header_hint());
    check_terminated(scanner);
    name_columns(scanner);
    if (config_.format.header) more = scanner.next();
    const auto before = table_.rows_ + static_cast<std::int64_t>(table_.bad_rows_.size());
    for (; more; more = scanner.next()) add_row(scanner);
    const auto after = table_.rows_ + static_cast<std::int64_t>(table_.bad_rows_.size());
    if (before == after) fail(name + ": the file has a header line and no rows");
  }

  Table finish() && {
    const auto& sources = table_.sources_;
    table_.path_ = sources.front().path;
    if (sources.size() > 1) table_.path_ += " and " + std::to_string(sources.size() - 1) + " more";
    check_bad_rows();
    for (auto& column : building_) {
      table_.columns_.push_back(std::make_shared<const Column>(std::move(column).finish()));
    }
    return std::move(table_);
  }

 private:
  [[noreturn]] static void fail(const std::string& what) { throw Error(ErrorKind::data, what); }
  const std::string& name() const { return table_.sources_.back().path; }
  std::string header_hint() const {
    return config_.format.header ? " and a header line with the columns' names" : "";
  }
  void check_terminated(const CsvScanner& scanner) const {
    if (!scanner.unterminated()) return;
    fail(place(name(), scanner.line()) +
         "a quote is opened and never closed; close it, or set data.format.quote to \"\" if quotes "
         "are plain characters");
  }

  void name_columns(const CsvScanner& scanner) {
    const auto& cells = scanner.cells();
    if (config_.format.header && !scanner.defect().empty()) {
      fail(place(name(), scanner.line()) + "the header has " + std::string(scanner.defect()));
    }
    if (table_.sources_.size() > 1) return compare_header(scanner);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      add_column(column_name(cells[i], i), scanner.line());
    }
  }

  std::string column_name(std::string_view cell, std::size_t index) const {
    const bool named = config_.format.header && !cell.empty();
    return named ? std::string(cell) : std::string("c").append(std::to_string(index));
  }

  // Every file has the columns of the first.
  void compare_header(const CsvScanner& scanner) const {
    const auto& cells = scanner.cells();
    const auto start = place(name(), scanner.line());
    const auto& first = table_.sources_.front().path;
    if (cells.size() != table_.names_.size()) {
      fail(start + counted(cells.size(), "column") + ", but " + first + " has " +
           std::to_string(table_.names_.size()) +
           "; the files of one table have the same columns in the same order");
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto found = column_name(cells[i], i);
      if (found == table_.names_[i]) continue;
      fail(start + "column " + std::to_string(i + 1) + " is '" + found + "', but '" +
           table_.names_[i] + "' in " + first +
           "; the files of one table have the same columns in the same order");
    }
  }

  void add_column(const std::string& column, std::int64_t line) {
    const auto index = static_cast<std::int64_t>(table_.names_.size());
    const auto [earlier, added] = table_.index_.emplace(column, index);
    if (!added) {
      fail(place(name(), line) + "two columns are called '" + column + "' (number " +
           std::to_string(earlier->second + 1) + " and " + std::to_string(index + 1) +
           "); rename one");
    }
    table_.names_.push_back(column);
    CellRules rules;
    bool by_text = false;
    const auto found = config_.columns.find(column);
    if (found != config_.columns.end()) {
      rules.values.insert(found->second.values.begin(), found->second.values.end());
      by_text = found->second.type == ColumnType::category;
    }
    rules_.push_back(std::move(rules));
    building_.emplace_back(by_text);
  }

  void add_row(const CsvScanner& scanner) {
    check_terminated(scanner);
    const auto& cells = scanner.cells();
    if (!scanner.defect().empty()) return add_bad(scanner, std::string(scanner.defect()));
    if (cells.size() != table_.names_.size()) {
      return add_bad(scanner, counted(cells.size(), "cell") + ", but the " +
                                  (config_.format.header ? "header" : "first row") + " has " +
                                  std::to_string(table_.names_.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      building_[i].add(rules_[i].replace(cells[i], markers_));
    }
    add_line(scanner.line());
  }

  void add_line(std::int64_t line) {
    const auto row = table_.rows_++;
    const bool new_file = row == table_.sources_.back().first_row;
    if (!new_file) {
      const auto& run = table_.lines_.back();
      if (run.line_of_first + (row - run.first_row) == line) return;
    }
    table_.lines_.push_back({row, line});
  }

  void add_bad(const CsvScanner& scanner, std::string reason) {
    table_.bad_rows_.push_back({scanner.line(), std::move(reason), table_.sources_.size() - 1});
  }

  void check_bad_rows() const {
    const auto bad = table_.bad_rows_.size();
    const auto all = bad + static_cast<std::size_t>(table_.rows_);
    if (static_cast<double>(bad) > config_.clean.max_bad_fraction * static_cast<double>(all)) {
      const auto& first = table_.bad_rows_.front();
      fail(table_.place(first) + ": " + first.reason +
           "; fix the row, or set data.clean.max_bad_fraction to skip such rows (" +
           std::to_string(bad) + " of " + counted(all, "row") +
           (bad == 1 ? " is bad)" : " are bad)"));
    }
    if (table_.rows_ == 0) {
      fail(table_.path_ + ": no row can be used (" + counted(bad, "bad row") + ")");
    }
  }

  const TableData& config_;
  MissingMarkers markers_;
  std::vector<CellRules> rules_;
  std::vector<ColumnBuilder> building_;
  Table table_;
};

Table parse_table(std::string_view text, const std::string& name, const TableData& config) {
  TableBuilder builder(config);
  builder.add(text, name, {});
  return std::move(builder).finish();
}

std::string read_table_text(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorKind::data, path.string() + ": is a folder; a table is one CSV file");
  }
  return read_file(path, ErrorKind::data);
}

Table read_table(const std::vector<std::string>& paths, const TableData& config,
                 const ReadOptions& options) {
  TableBuilder builder(config);
  for (const auto& path : paths) {
    const auto text = read_table_text(path);
    builder.add(text, path, options.digest ? sha256(text) : std::string());
  }
  return std::move(builder).finish();
}

Table read_table(const std::filesystem::path& path, const TableData& config) {
  return read_table(std::vector{path.string()}, config, {});
}

}  // namespace candor
