// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/row_stream.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include <candor/error.h>

#include "core/base/mapped_file.h"
#include "core/base/utf8.h"
#include "core/inspect/sniff_format.h"
#include "core/table/csv_scanner.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::data, where + ": " + what);
}

std::int64_t line_of(std::string_view text, std::size_t offset) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
}

void check_text(std::string_view text, const std::string& name) {
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    refuse(name + ":" + std::to_string(line_of(text, zero)),
           "a NUL byte; the file is not CSV text in UTF-8 (is it UTF-16, or a spreadsheet?); save "
           "it as CSV in UTF-8");
  }
  if (const auto bad = find_invalid_utf8(text)) {
    refuse(name + ":" + std::to_string(line_of(text, *bad)),
           "not valid UTF-8 at byte " + std::to_string(*bad) +
               "; convert the file, for example with iconv -f latin1 -t utf-8");
  }
}

class CsvRows final : public RowStream {
 public:
  explicit CsvRows(const fs::path& path) : name_(path.string()), file_(path, ErrorKind::data) {
    auto text = file_.text();
    bytes_ = static_cast<std::int64_t>(text.size());
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.empty()) refuse(name_, "the file is empty; a table needs rows and a header line");
    check_text(text, name_);
    format_ = sniff_format(text.substr(0, kSniffedBytes));
    CsvDialect dialect;
    dialect.delimiter = format_.delimiter.front();
    dialect.quotes = !format_.quote.empty();
    dialect.trim = format_.trim;
    scanner_.emplace(text, dialect);
    name_columns();
  }

  bool next() override {
    if (held_) {
      held_ = false;
      return true;
    }
    if (!scanner_->next()) return false;
    check_terminated();
    return true;
  }

  std::span<const std::string_view> cells() const override { return scanner_->cells(); }
  std::int64_t line() const override { return scanner_->line(); }

  std::string defect() const override {
    if (!scanner_->defect().empty()) return std::string(scanner_->defect());
    const auto count = scanner_->cells().size();
    if (count == columns_.size()) return "";
    return std::to_string(count) + (count == 1 ? " cell" : " cells") + ", but the " +
           (format_.header ? "header" : "first row") + " has " + std::to_string(columns_.size());
  }

 private:
  void check_terminated() const {
    if (!scanner_->unterminated()) return;
    refuse(name_ + ":" + std::to_string(scanner_->line()),
           "a quote is opened and never closed; close it, or set data.format.quote to \"\" if "
           "quotes are plain characters");
  }

  void name_columns() {
    if (!scanner_->next()) refuse(name_, "the file is empty; a table needs rows and a header line");
    check_terminated();
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < scanner_->cells().size(); ++i) {
      const auto cell = scanner_->cells()[i];
      const bool named = format_.header && !cell.empty();
      auto name = named ? std::string(cell) : std::string("c").append(std::to_string(i));
      if (!seen.insert(name).second) {
        refuse(name_ + ":" + std::to_string(scanner_->line()),
               "two columns are called '" + name + "'; rename one");
      }
      columns_.push_back(std::move(name));
    }
    held_ = !format_.header;
  }

  std::string name_;
  MappedFile file_;
  std::optional<CsvScanner> scanner_;
  bool held_ = false;  // the row that the scanner stands on was not handed out yet
};

}  // namespace

std::unique_ptr<RowStream> open_rows(const fs::path& path) {
  return std::make_unique<CsvRows>(path);
}

}  // namespace candor
