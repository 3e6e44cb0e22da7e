// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text_table.h"

#include <algorithm>
#include <cstddef>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

std::string row_line(const TextTable& table, const TextCells& row,
                     const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t c = 0; c < row.size(); ++c) {
    if (c > 0) line += "  ";
    line += table.align[c] == 'r' ? pad_left(row[c], widths[c]) : pad_right(row[c], widths[c]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::vector<std::string> TextTable::lines(const TextStyle& style) const {
  std::vector<std::size_t> widths(align.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  }
  std::vector<std::string> result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto line = row_line(*this, rows[r], widths);
    result.push_back(r == 0 ? style.dim(line) : line);
  }
  return result;
}

std::string TextTable::print(const TextStyle& style) const {
  std::string text;
  for (const auto& line : lines(style)) text += line + "\n";
  return text;
}

}  // namespace candor
