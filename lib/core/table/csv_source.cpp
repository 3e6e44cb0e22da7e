// SPDX-License-Identifier: Apache-2.0
#include "core/table/csv_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <candor/error.h>

#include "core/base/utf8.h"

namespace candor {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::int64_t line_of(std::string_view text, std::size_t offset, std::int64_t line) {
  for (std::size_t i = 0; i < offset; ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !pair)) ++line;
  }
  return line;
}

// What lies behind the line of a quote that is never closed.
std::string swallowed(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  if (lines == 0) return {};
  return ", so that the " + std::string(lines == 1 ? "line" : std::to_string(lines) + " lines") +
         " behind it " + (lines == 1 ? "belongs" : "belong") + " to its cell";
}

}  // namespace

void check_table_text(std::string_view text, const std::string& name, std::int64_t line,
                      std::size_t byte) {
  const auto place = [&](std::size_t offset) {
    return name + ":" + std::to_string(line_of(text, offset, line)) + ": ";
  };
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    throw Error(ErrorKind::data, place(zero) +
                                     "a NUL byte; the file is not CSV text in UTF-8 (is it UTF-16, "
                                     "or a spreadsheet?); save it as CSV in UTF-8");
  }
  if (const auto bad = find_invalid_utf8(text)) {
    throw Error(ErrorKind::data,
                place(*bad) + "not valid UTF-8 at byte " + std::to_string(byte + *bad) +
                    "; convert the file, for example with iconv -f latin1 -t utf-8");
  }
}

void PaddedText::reserve(std::size_t size) {
  const auto needed = size + 2 * kPadding;
  if (bytes_.size() < needed) bytes_.resize(std::max(needed, bytes_.size() + bytes_.size() / 2));
}

void PaddedText::append(std::string_view text) {
  reserve(size_ + text.size());
  if (!text.empty()) std::memcpy(bytes_.data() + kPadding + size_, text.data(), text.size());
  size_ += text.size();
}

bool PaddedText::fill(ByteSource& source, std::size_t wanted) {
  reserve(wanted);
  while (size_ < wanted) {
    const auto count = source.read(bytes_.data() + kPadding + size_, wanted - size_);
    if (count == 0) return false;
    size_ += count;
  }
  return true;
}

CsvSource::CsvSource(ByteSource& bytes, std::string name, const CsvDialect& dialect,
                     CsvKernel kernel, std::size_t chunk_bytes)
    : bytes_(bytes),
      name_(std::move(name)),
      dialect_(dialect),
      kernel_(kernel),
      chunk_bytes_(chunk_bytes) {
  fill(left_, kByteOrderMark.size());
  if (!left_.text().starts_with(kByteOrderMark)) return;
  const std::string rest(left_.text().substr(kByteOrderMark.size()));
  left_.clear();
  left_.append(rest);
  byte_ = kByteOrderMark.size();
}

// At the end of the file a line end is added, so that the last row has one like any other.
void CsvSource::fill(PaddedText& text, std::size_t wanted) {
  if (at_end_) return;
  at_end_ = !text.fill(bytes_, wanted);
  if (at_end_ && text.size() > 0 && text.text().back() != '\n') text.append("\n");
}

std::vector<CsvRow> CsvSource::peek(std::size_t count) {
  constexpr std::size_t kFirst = 1 << 16;
  std::vector<CsvRow> rows;
  for (auto wanted = kFirst;; wanted *= 2) {
    fill(left_, wanted);
    rows.clear();
    auto text = left_.text();
    if (!at_end_ && text.ends_with('\r')) text.remove_suffix(1);
    CsvScanner scanner(text, dialect_, line_);
    while (rows.size() < count && scanner.next() && scanner.complete()) {
      rows.push_back({{scanner.cells().begin(), scanner.cells().end()},
                      std::string(scanner.defect()),
                      scanner.line()});
    }
    if (rows.size() < count && !at_end_ && wanted <= kLongestRow) continue;
    check_table_text(text.substr(0, scanner.line_end()), name_, line_, byte_);
    return rows;
  }
}

void CsvSource::skip_row() {
  CsvScanner scanner(left_.text(), dialect_, line_);
  scanner.next();
  const auto end = scanner.line_end();
  const std::string rest(left_.text().substr(end));
  line_ = scanner.line_after();
  byte_ += end;
  left_.clear();
  left_.append(rest);
}

bool CsvSource::next(CsvChunk& chunk) {
  chunk.bytes.clear();
  chunk.bytes.append(left_.text());
  left_.clear();
  chunk.first_line = line_;
  chunk.first_byte = byte_;
  for (auto wanted = chunk_bytes_;; wanted *= 2) {
    fill(chunk.bytes, wanted);
    if (chunk.bytes.size() == 0) return false;
    std::int64_t line_after = line_;
    const auto complete = complete_bytes(chunk, line_after);
    if (complete > 0) {
      left_.append(chunk.text().substr(complete));
      chunk.bytes.truncate(complete);
      line_ = line_after;
      byte_ += complete;
      return true;
    }
    if (at_end_ || chunk.bytes.size() > kLongestRow) fail_unfinished(chunk.text());
  }
}

void CsvSource::fail_unfinished(std::string_view text) const {
  check_table_text(text, name_, line_, byte_);
  const auto place = name_ + ":" + std::to_string(line_) + ": ";
  if (at_end_) {
    throw Error(ErrorKind::data, place + "a quote is opened and never closed" + swallowed(text) +
                                     "; close it, or set data.format.quote to \"\" if quotes are "
                                     "plain characters");
  }
  throw Error(ErrorKind::data, place + "a row of more than " + std::to_string(kLongestRow >> 20) +
                                   " MiB; is a quote opened here and never closed? Close it, or "
                                   "set data.format.quote to \"\" if quotes are plain characters");
}

// Bytes of whole rows at the start of the chunk.
std::size_t CsvSource::complete_bytes(CsvChunk& chunk, std::int64_t& line_after) {
  chunk.indexed = index(chunk);
  if (chunk.indexed) {
    if (!chunk.index.row_lines.empty()) line_after = line_ + chunk.index.row_lines.back();
    return chunk.index.complete();
  }
  auto text = chunk.text();
  if (!at_end_ && text.ends_with('\r')) text.remove_suffix(1);  // an LF may follow
  CsvScanner scanner(text, dialect_, line_);
  while (scanner.next() && !scanner.unterminated()) {
  }
  line_after = scanner.line_after();
  return scanner.line_end();
}

// False when the index does not tell cells from each other in this dialect.
bool CsvSource::index(CsvChunk& chunk) const {
  if (dialect_.whitespace) return false;
  index_csv(chunk.text(), dialect_, kernel_, chunk.index);
  if (chunk.index.irregular || (dialect_.trim && chunk.index.quotes)) return false;
  return dialect_.comment == '\0' || !has_comment(chunk);
}

bool CsvSource::has_comment(const CsvChunk& chunk) const {
  const auto text = chunk.text();
  if (text.starts_with(dialect_.comment)) return true;
  return std::any_of(chunk.index.row_ends.begin(), chunk.index.row_ends.end(), [&](auto row) {
    const auto next = std::size_t{chunk.index.cell_ends[row]} + 1;
    return next < text.size() && text[next] == dialect_.comment;
  });
}

}  // namespace candor
