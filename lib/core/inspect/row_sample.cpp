// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/row_sample.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/inspect/distinct_counter.h"

namespace candor {

RowSample::RowSample(std::size_t columns)
    : limit_(
          std::clamp<std::size_t>(kMostCells / std::max<std::size_t>(columns, 1), 100, kMostRows)),
      stream_(0, "inspect") {}

void RowSample::keep(Row& row, std::span<const std::string_view> cells) {
  row.text.clear();
  row.ends.clear();
  for (const auto cell : cells) {
    if (cell.size() <= kMostBytes) {
      row.text += cell;
    } else {
      row.text += cell.substr(0, kMostBytes - 16);
      row.text += fmt::format("{:016x}", hash_of(cell));
    }
    row.ends.push_back(static_cast<std::uint32_t>(row.text.size()));
  }
}

void RowSample::add(std::span<const std::string_view> cells) {
  const auto index = static_cast<std::uint64_t>(seen_++);
  if (rows_.size() < limit_) return keep(rows_.emplace_back(), cells);
  const auto place = stream_.below(index, index + 1);
  if (place < limit_) keep(rows_[static_cast<std::size_t>(place)], cells);
}

std::string_view RowSample::cell(std::size_t column, std::int64_t row) const {
  const auto& kept = rows_[static_cast<std::size_t>(row)];
  const auto begin = column == 0 ? 0 : kept.ends[column - 1];
  return std::string_view(kept.text).substr(begin, kept.ends[column] - begin);
}

}  // namespace candor
