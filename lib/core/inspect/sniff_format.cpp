// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/sniff_format.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/table/csv_scanner.h"
#include "core/table/number.h"

namespace candor {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kSampleRows = 100;

Rows sample(std::string_view text, char delimiter, bool trim) {
  CsvDialect dialect;
  dialect.delimiter = delimiter;
  dialect.trim = trim;
  CsvScanner scanner(text, dialect);
  Rows rows;
  while (rows.size() < kSampleRows && scanner.next()) {
    rows.emplace_back(scanner.cells().begin(), scanner.cells().end());
  }
  return rows;
}

// Rows as wide as the first one, times its width: the delimiter that cuts the file best has the
// most.
std::size_t fit_of(const Rows& rows) {
  if (rows.empty() || rows.front().size() < 2) return 0;
  const auto width = rows.front().size();
  const auto even =
      std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.size() == width; });
  return static_cast<std::size_t>(even) * width;
}

char find_delimiter(std::string_view text) {
  char best = ',';
  std::size_t best_fit = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto fit = fit_of(sample(text, delimiter, true));
    if (fit > best_fit) {
      best = delimiter;
      best_fit = fit;
    }
  }
  return best;
}

// Whether a cell of the first row stands again further down in its column.
bool repeats(const Rows& rows, std::size_t column) {
  const auto& first = rows.front()[column];
  return !first.empty() && std::any_of(rows.begin() + 1, rows.end(), [&](const auto& row) {
    return column < row.size() && row[column] == first;
  });
}

// Names are not numbers and no values of their columns. A name that stands twice is a mistake that
// the reader refuses.
bool has_header(const Rows& rows) {
  if (rows.empty()) return true;
  for (std::size_t column = 0; column < rows.front().size(); ++column) {
    const auto& cell = rows.front()[column];
    if (parse_number(cell).kind != NumberKind::text || repeats(rows, column)) return false;
  }
  return true;
}

// Rows that cannot be used when quotes are, or are not, more than plain characters.
std::int64_t bad_rows(std::string_view text, char delimiter, bool quotes) {
  CsvDialect dialect;
  dialect.delimiter = delimiter;
  dialect.quotes = quotes;
  dialect.trim = true;
  CsvScanner scanner(text, dialect);
  std::size_t width = 0;
  std::int64_t bad = 0;
  while (scanner.next()) {
    if (width == 0) width = scanner.cells().size();
    bad += !scanner.defect().empty() || scanner.unterminated() || scanner.cells().size() != width;
  }
  return bad;
}

// Text of messages and of fields that were never quoted has quotes that open and do not close.
bool are_quotes_plain(std::string_view text, char delimiter) {
  const auto last = text.rfind('\n');  // the end of `text` may cut a row
  if (last != std::string_view::npos) text = text.substr(0, last + 1);
  const auto quoted = bad_rows(text, delimiter, true);
  return quoted > 0 && bad_rows(text, delimiter, false) < quoted;
}

bool has_blanks(const Rows& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return std::any_of(row.begin(), row.end(), [](const std::string& cell) {
      return trim_blanks(cell).size() != cell.size();
    });
  });
}

}  // namespace

TableFormat sniff_format(std::string_view text) {
  TableFormat format;
  const auto delimiter = find_delimiter(text);
  format.delimiter = std::string(1, delimiter);
  format.header = has_header(sample(text, delimiter, true));
  if (are_quotes_plain(text, delimiter)) format.quote.clear();
  format.trim = has_blanks(sample(text, delimiter, false));
  return format;
}

}  // namespace candor
