// SPDX-License-Identifier: Apache-2.0
#include "core/table/json_part.h"

#include <candor/error.h>

#include "core/table/number.h"

namespace candor {

void check_key_count(const std::string& name, std::size_t rows, std::size_t columns,
                     std::size_t bytes) {
  constexpr std::size_t kMostColumns = 10000, kFreeCells = 10000000, kCellsPerByte = 16;
  const bool sparse = columns > 0 && rows > (kFreeCells + kCellsPerByte * bytes) / columns;
  if (columns <= kMostColumns && !sparse) return;
  throw Error(ErrorKind::data,
              name + ": " + std::to_string(columns) + " different keys in " + std::to_string(rows) +
                  " lines; a table needs the same few keys in every line (at most " +
                  std::to_string(kMostColumns) + ")");
}

void JsonPart::start() {
  for (auto* column : present_) column->cells.clear();
  present_.clear();
  rows_ = 0;
  lines_.clear();
  bad_rows_.clear();
  kept_.clear();
}

void JsonPart::read(const CsvChunk& chunk, const std::string& name, const PlanOf& plan_of) {
  const auto text = chunk.text();
  if (!chunk.index.ascii || chunk.index.zero) {
    check_table_text(text, name, chunk.first_line, chunk.first_byte);
  }
  start();
  for (std::size_t i = 0; i < chunk.index.row_ends.size(); ++i) {
    const auto end = chunk.index.row_ends[i];
    const auto begin = chunk.index.cell_ends[end - 1] + 1;
    const auto line = text.substr(begin, chunk.index.cell_ends[end] - begin);
    read_line(line, chunk.first_line + static_cast<std::int64_t>(i), text, plan_of);
  }
  check_key_count(name, rows_, present_.size(), text.size());
  for (auto* column : present_) {
    cells_.assign(rows_, {});
    for (const auto& [row, cell] : column->cells) cells_[row] = cell;
    column->part.read(cells_, /*padded=*/false, column->plan, column->hint, column->distinct);
  }
}

void JsonPart::read_line(std::string_view line, std::int64_t number, std::string_view text,
                         const PlanOf& plan_of) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trim_blanks(line).empty()) return;
  auto problem = reader_.read(line);
  if (!problem.empty()) return bad_rows_.push_back({number, std::move(problem)});
  for (const auto& cell : reader_.cells()) {
    const bool inside = cell.value.empty() || (cell.value.data() >= text.data() &&
                                               cell.value.data() < text.data() + text.size());
    const bool word = !inside && (cell.value == "true" || cell.value == "false");
    auto& into = column(cell.key, plan_of).cells;
    const auto row = static_cast<std::uint32_t>(rows_);
    into.emplace_back(row, inside ? cell.value
                           : word ? std::string_view(cell.value == "true" ? "true" : "false")
                                  : std::string_view(kept_.emplace_back(cell.value)));
  }
  const auto row = static_cast<std::int64_t>(rows_++);
  if (lines_.empty() || lines_.back().line + (row - lines_.back().row) != number) {
    lines_.push_back({row, number});
  }
}

JsonPart::KeyColumn& JsonPart::column(std::string_view key, const PlanOf& plan_of) {
  auto at = position(index_, key);
  if (at < 0) {
    at = static_cast<std::int64_t>(columns_.size());
    auto& added = columns_.emplace_back();
    added.name = std::string(key);
    added.plan = plan_of(added.name);
    index_.emplace(added.name, at);
  }
  auto& column = columns_[static_cast<std::size_t>(at)];
  if (column.cells.empty()) present_.push_back(&column);
  return column;
}

}  // namespace candor
