// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/row_sample.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/inspect/distinct_counter.h"

namespace candor {
namespace {

// Reservoir sampling (Vitter 1985, algorithm R) with a fixed seed: the same table, the same sample.
std::vector<std::int64_t> draw_rows(std::int64_t count, std::size_t limit) {
  const RandomStream stream(0, "inspect");
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < count; ++row) {
    if (rows.size() < limit) {
      rows.push_back(row);
      continue;
    }
    const auto index = static_cast<std::uint64_t>(row);
    const auto place = static_cast<std::size_t>(stream.below(index, index + 1));
    if (place < limit) rows[place] = row;
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

RowSample::RowSample(const Table& table) : columns_(table.columns().size()) {
  const auto limit = std::clamp<std::size_t>(kMostCells / std::max<std::size_t>(columns_.size(), 1),
                                             100, kMostRows);
  rows_ = draw_rows(table.rows(), limit);
  complete_ = rows() == table.rows();
  std::string text;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    for (const auto row : rows_) {
      keep(table.cell(static_cast<std::int64_t>(column), row, text), columns_[column]);
    }
  }
}

void RowSample::keep(std::string_view cell, Cells& cells) {
  if (cell.size() <= kMostBytes) {
    cells.text += cell;
  } else {
    cells.text += cell.substr(0, kMostBytes - 16);
    cells.text += fmt::format("{:016x}", hash_of(cell));
  }
  cells.ends.push_back(static_cast<std::uint32_t>(cells.text.size()));
}

std::string_view RowSample::cell(std::size_t column, std::int64_t row) const {
  const auto& cells = columns_[column];
  const auto index = static_cast<std::size_t>(row);
  const auto begin = index == 0 ? 0 : cells.ends[index - 1];
  return std::string_view(cells.text).substr(begin, cells.ends[index] - begin);
}

}  // namespace candor
