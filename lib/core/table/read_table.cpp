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

// Fills a Table row by row.
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& name, const TableData& config)
      : name_(name),
        config_(config),
        markers_(config.format.missing),
        scanner_(text, dialect_of(config.format)) {
    table_.path_ = name;
  }

  Table read() {
    bool more = scanner_.next();
    if (!more) fail("the file is empty; a table needs rows" + header_hint());
    check_terminated();
    name_columns();
    if (config_.format.header) more = scanner_.next();
    for (; more; more = scanner_.next()) add_row();
    check_rows();
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::data, name_ + ": " + what);
  }
  std::string header_hint() const {
    return config_.format.header ? " and a header line with the columns' names" : "";
  }
  void check_terminated() const {
    if (!scanner_.unterminated()) return;
    throw Error(ErrorKind::data, place(name_, scanner_.line()) +
                                     "a quote is opened and never closed; close it, or set "
                                     "data.format.quote to \"\" if quotes are plain characters");
  }

  void name_columns() {
    const auto& cells = scanner_.cells();
    if (config_.format.header && !scanner_.defect().empty()) {
      throw Error(ErrorKind::data, place(name_, scanner_.line()) + "the header has " +
                                       std::string(scanner_.defect()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool named = config_.format.header && !cells[i].empty();
      add_column(named ? std::string(cells[i]) : std::string("c").append(std::to_string(i)));
    }
  }

  void add_column(const std::string& column) {
    const auto index = static_cast<std::int64_t>(table_.columns_.size());
    const auto [earlier, added] = table_.index_.emplace(column, index);
    if (!added) {
      throw Error(ErrorKind::data, place(name_, scanner_.line()) + "two columns are called '" +
                                       column + "' (number " + std::to_string(earlier->second + 1) +
                                       " and " + std::to_string(index + 1) + "); rename one");
    }
    table_.columns_.push_back(column);
    table_.text_.emplace_back();
    table_.ends_.emplace_back();
    CellRules rules;
    const auto found = config_.columns.find(column);
    if (found != config_.columns.end()) {
      rules.values.insert(found->second.values.begin(), found->second.values.end());
    }
    rules_.push_back(std::move(rules));
  }

  void add_row() {
    check_terminated();
    const auto& cells = scanner_.cells();
    if (!scanner_.defect().empty()) return add_bad(std::string(scanner_.defect()));
    if (cells.size() != table_.columns_.size()) {
      return add_bad(counted(cells.size(), "cell") + ", but the " +
                     (config_.format.header ? "header" : "first row") + " has " +
                     std::to_string(table_.columns_.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      table_.text_[i] += rules_[i].replace(cells[i], markers_);
      table_.ends_[i].push_back(table_.text_[i].size());
    }
    table_.lines_.push_back(scanner_.line());
  }

  void add_bad(std::string reason) {
    table_.bad_rows_.push_back({scanner_.line(), std::move(reason)});
  }

  void check_rows() const {
    const auto bad = table_.bad_rows_.size();
    const auto all = bad + table_.lines_.size();
    if (all == 0) fail("the file has a header line and no rows");
    if (static_cast<double>(bad) > config_.max_bad_fraction * static_cast<double>(all)) {
      const auto& first = table_.bad_rows_.front();
      throw Error(ErrorKind::data,
                  place(name_, first.line) + first.reason +
                      "; fix the row, or set data.max_bad_fraction to skip such rows (" +
                      std::to_string(bad) + " of " + counted(all, "row") +
                      (bad == 1 ? " is bad)" : " are bad)"));
    }
    if (table_.lines_.empty()) fail("no row can be used (" + counted(bad, "bad row") + ")");
  }

  std::string name_;
  const TableData& config_;
  MissingMarkers markers_;
  CsvScanner scanner_;
  std::vector<CellRules> rules_;
  Table table_;
};

Table parse_table(std::string_view text, const std::string& name, const TableData& config) {
  check_text(text, name);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return TableReader(text, name, config).read();
}

std::string read_table_text(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorKind::data, path.string() + ": is a folder; a table is one CSV file");
  }
  return read_file(path, ErrorKind::data);
}

Table read_table(const std::filesystem::path& path, const TableData& config) {
  return parse_table(read_table_text(path), path.string(), config);
}

}  // namespace candor
