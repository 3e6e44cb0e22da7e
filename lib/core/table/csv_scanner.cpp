// SPDX-License-Identifier: Apache-2.0
#include "core/table/csv_scanner.h"

#include <algorithm>
#include <cstring>

#include "core/table/number.h"

namespace candor {
namespace {

std::int64_t count_lines(std::string_view text) {
  std::int64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !pair)) ++lines;
  }
  return lines;
}

}  // namespace

CsvScanner::CsvScanner(std::string_view text, const CsvDialect& dialect, std::int64_t line)
    : dialect_(dialect), text_(text), line_(line), row_line_(line), line_after_(line) {
  const char blank = dialect.whitespace ? ' ' : dialect.delimiter;
  const char other_blank = dialect.whitespace ? '\t' : dialect.delimiter;
  for (const char c : {blank, other_blank, '\n', '\r'}) stop_[static_cast<unsigned char>(c)] = true;
}

bool CsvScanner::at_line_end() const {
  return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
}

void CsvScanner::end_line() {
  if (at_ >= text_.size()) return;
  const bool pair = text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
  at_ += pair ? 2 : 1;
  ++line_;
  line_end_ = at_;
  line_after_ = line_;
}

bool CsvScanner::next() {
  while (at_ < text_.size()) {
    if (dialect_.comment != '\0' && text_[at_] == dialect_.comment) {
      skip_comment();
      continue;
    }
    read_row();
    if (!blank()) return true;
  }
  return false;
}

void CsvScanner::skip_comment() {
  at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
  end_line();
}

bool CsvScanner::blank() const {
  if (cells_.empty()) return true;
  return cells_.size() == 1 && !quoted_row_ && trim_blanks(cells_[0]).empty();
}

void CsvScanner::read_row() {
  cells_.clear();
  unescaped_.clear();
  defect_ = {};
  quoted_row_ = false;
  row_line_ = line_;
  if (dialect_.whitespace) {
    for (skip_blanks(); !at_line_end(); skip_blanks()) read_cell();
  } else {
    read_cell();
    while (!at_line_end()) {
      ++at_;  // the delimiter
      read_cell();
    }
  }
  end_line();
}

void CsvScanner::read_cell() {
  const auto start = at_;
  if (dialect_.quotes) {
    if (dialect_.trim) skip_blanks();
    if (at_ < text_.size() && text_[at_] == dialect_.quote) return read_quoted();
  }
  at_ = start;
  read_plain();
}

void CsvScanner::skip_blanks() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t') &&
         (dialect_.whitespace || text_[at_] != dialect_.delimiter)) {
    ++at_;
  }
}

void CsvScanner::read_plain() {
  const auto start = at_;
  while (at_ < text_.size() && !stop_[static_cast<unsigned char>(text_[at_])]) ++at_;
  const auto cell = text_.substr(start, at_ - start);
  cells_.push_back(dialect_.trim ? trim_blanks(cell) : cell);
}

void CsvScanner::read_quoted() {
  quoted_row_ = true;
  cells_.push_back(quoted_content());
  if (unterminated_) return;
  if (dialect_.trim) skip_blanks();
  const auto after = at_;
  while (at_ < text_.size() && !stop_[static_cast<unsigned char>(text_[at_])]) ++at_;
  if (at_ != after) defect_ = "text after a closing quote";
}

// From the opening quote to just after the closing one.
std::string_view CsvScanner::quoted_content() {
  auto from = ++at_;
  std::string* whole = nullptr;
  for (;;) {
    const auto close = text_.find(dialect_.quote, at_);
    if (close == std::string_view::npos) {
      unterminated_ = true;
      at_ = text_.size();
      return {};
    }
    const auto part = text_.substr(from, close - from);
    line_ += count_lines(part);
    at_ = close + 1;
    if (at_ >= text_.size() || text_[at_] != dialect_.quote) {
      return whole == nullptr ? part : std::string_view(whole->append(part));
    }
    if (whole == nullptr) whole = &unescaped_.emplace_back();
    whole->append(part).push_back(dialect_.quote);
    from = ++at_;
  }
}

}  // namespace candor
