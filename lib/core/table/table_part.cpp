// SPDX-License-Identifier: Apache-2.0
#include "core/table/table_part.h"

#include <algorithm>

#include "core/table/number.h"

namespace candor {

std::string wrong_width(std::size_t cells, const TablePlan& plan) {
  return std::to_string(cells) + (cells == 1 ? " cell" : " cells") + ", but the " +
         (plan.header ? "header" : "first row") + " has " + std::to_string(plan.columns);
}

void TablePart::read(const CsvChunk& chunk, const TablePlan& plan,
                     const std::deque<ColumnBuilder>& columns,
                     std::vector<DistinctSketch>& distinct) {
  const auto text = chunk.text();
  if (!chunk.indexed || !chunk.index.ascii || chunk.index.zero) {
    check_table_text(text, plan.name, chunk.first_line, chunk.first_byte);
  }
  rows_ = 0;
  lines_.clear();
  bad_rows_.clear();
  columns_.resize(plan.columns);
  chunk.indexed ? find_indexed_rows(chunk, plan) : scan_rows(chunk, plan);
  for (std::size_t i = 0; i < plan.columns; ++i) {
    if (chunk.indexed) {
      cut_indexed_column(chunk, plan, i);
    } else {
      cells_.clear();
      for (std::size_t row = 0; row < rows_; ++row) cells_.push_back(all_[row * plan.columns + i]);
    }
    columns_[i].read(cells_, chunk.indexed, columns[i].plan(), columns[i].hint(), distinct[i]);
  }
}

void TablePart::add_line(std::int64_t line) {
  const auto row = static_cast<std::int64_t>(rows_++);
  if (lines_.empty() || lines_.back().line + (row - lines_.back().row) != line) {
    lines_.push_back({row, line});
  }
}

// Whether a row of so many cells is one of the table; else it is recorded as a bad one.
bool TablePart::accept(std::size_t cells, bool last_is_empty, std::int64_t line,
                       const TablePlan& plan) {
  const auto wanted = plan.columns + (plan.trailing_delimiter ? 1 : 0);
  if (cells == wanted && (!plan.trailing_delimiter || last_is_empty)) return true;
  bad_rows_.push_back({line, wrong_width(cells, plan)});
  return false;
}

void TablePart::find_indexed_rows(const CsvChunk& chunk, const TablePlan& plan) {
  const auto& index = chunk.index;
  const auto text = chunk.text();
  firsts_.clear();
  std::uint32_t first = 1;  // of the row's cells in cell_ends
  std::uint32_t lines = 0;
  for (std::size_t row = 0; row < index.row_ends.size(); ++row) {
    const auto last = index.row_ends[row];
    const std::size_t cells = last - first + 1;
    const auto line = chunk.first_line + lines;
    const auto row_first = first;
    first = last + 1;
    lines = index.row_lines[row];
    if (cells == 1) {
      const auto begin = index.cell_ends[row_first - 1] + 1;
      auto cell = text.substr(begin, index.cell_ends[last] - begin);
      if (cell.ends_with('\r')) cell.remove_suffix(1);
      if (trim_blanks(cell).empty()) continue;  // a blank line
    }
    if (cells != plan.columns || plan.trailing_delimiter) {
      const auto begin = index.cell_ends[last - 1] + 1;
      auto cell = text.substr(begin, index.cell_ends[last] - begin);
      if (cell.ends_with('\r')) cell.remove_suffix(1);
      if (plan.dialect.trim) cell = trim_blanks(cell);
      if (!accept(cells, cell.empty(), line, plan)) continue;
    }
    firsts_.push_back(row_first);
    add_line(line);
  }
}

void TablePart::cut_indexed_column(const CsvChunk& chunk, const TablePlan& plan,
                                   std::size_t column) {
  const char* const text = chunk.text().data();
  const auto* const ends = chunk.index.cell_ends.get();
  const bool last = column + 1 == plan.columns && !plan.trailing_delimiter;
  const bool quotes = chunk.index.quotes;
  const char quote = plan.dialect.quote;
  cells_.resize(rows_);
  unescaped_.clear();
  if (quotes) unescaped_.reserve(chunk.bytes.size());
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto* const end = ends + firsts_[row] + column;
    const auto begin = end[-1] + 1;
    auto size = *end - begin;
    if (last && size > 0 && text[*end] == '\n' && text[*end - 1] == '\r') --size;
    cells_[row] = {text + begin, size};
    if (quotes && size > 0 && text[begin] == quote) cells_[row] = unquoted(cells_[row], quote);
  }
  if (!plan.dialect.trim) return;
  for (auto& cell : cells_) cell = trim_blanks(cell);
}

// The content of a cell in quotes, doubled ones undone.
std::string_view TablePart::unquoted(std::string_view cell, char quote) {
  cell = cell.substr(1, cell.size() - 2);
  auto next = cell.find(quote);
  if (next == std::string_view::npos) return cell;
  const auto begin = unescaped_.size();
  while (next != std::string_view::npos) {
    unescaped_.append(cell.substr(0, next + 1));
    cell.remove_prefix(next + 2);
    next = cell.find(quote);
  }
  unescaped_.append(cell);
  return unescaped_.text().substr(begin);
}

void TablePart::scan_rows(const CsvChunk& chunk, const TablePlan& plan) {
  all_.clear();
  kept_.clear();
  CsvScanner scanner(chunk.text(), plan.dialect, chunk.first_line);
  const auto text = chunk.text();
  while (scanner.next()) {
    auto cells = scanner.cells();
    if (!scanner.defect().empty()) {
      bad_rows_.push_back({scanner.line(), std::string(scanner.defect())});
      continue;
    }
    if (!accept(cells.size(), cells.back().empty(), scanner.line(), plan)) continue;
    cells.resize(plan.columns);
    for (const auto cell : cells) {
      const bool inside = cell.data() >= text.data() && cell.data() < text.data() + text.size();
      all_.push_back(inside ? cell : std::string_view(kept_.emplace_back(cell)));
    }
    add_line(scanner.line());
  }
}

}  // namespace candor
