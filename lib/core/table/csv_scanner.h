// SPDX-License-Identifier: Apache-2.0
// Cuts CSV text into rows of cells (RFC 4180) without copying, except where doubled quotes must be
// undone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  bool quotes = true;  // false: quotes are plain characters
  bool trim = false;   // strip blanks around unquoted cells, and between a delimiter and a quote
  bool whitespace = false;  // cells lie between runs of spaces and tabs; `delimiter` says nothing
  char comment = '\0';      // a line that begins with it is none; '\0': there are no comments
};

class CsvScanner {
 public:
  // `text` must outlive the scanner. It starts after any byte order mark.
  // `line`: number of its first line.
  CsvScanner(std::string_view text, const CsvDialect& dialect, std::int64_t line = 1);

  // Moves to the next row that is not blank; false at the end. A row may be malformed: see
  // defect().
  bool next();

  // Views valid until next().
  const std::vector<std::string_view>& cells() const { return cells_; }
  // First line of the row, from 1. LF, CR LF and a lone CR each end a line.
  std::int64_t line() const { return row_line_; }
  // Why the row cannot be used, or empty.
  std::string_view defect() const { return defect_; }
  // A quote was opened in this row and never closed: what follows is no longer a table.
  bool unterminated() const { return unterminated_; }
  // The row ended in a line end, not with the text.
  bool complete() const { return at_ == line_end_; }
  // Bytes up to the end of the last line that ended, outside of quotes, and the number of the line
  // that begins there.
  std::size_t line_end() const { return line_end_; }
  std::int64_t line_after() const { return line_after_; }

 private:
  void read_row();
  void skip_comment();
  void read_cell();
  void read_plain();
  void read_quoted();
  std::string_view quoted_content();
  void skip_blanks();
  void end_line();
  bool at_line_end() const;
  bool blank() const;

  CsvDialect dialect_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t row_line_ = 1;
  std::size_t line_end_ = 0;
  std::int64_t line_after_ = 1;
  std::vector<std::string_view> cells_;
  std::deque<std::string> unescaped_;  // a deque keeps views into its strings valid
  std::string_view defect_;
  bool quoted_row_ = false;
  bool unterminated_ = false;
  bool stop_[256] = {};  // bytes that end an unquoted cell
};

}  // namespace candor
