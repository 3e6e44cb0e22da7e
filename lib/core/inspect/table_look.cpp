// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/table_look.h"

#include <algorithm>

#include <candor/error.h>

namespace candor {
namespace {

// Values that a column counts exactly, so that all columns together stay below about 100 MB.
std::size_t exact_limit(std::size_t columns) {
  constexpr std::size_t kAll = 2'000'000;
  return std::clamp<std::size_t>(kAll / std::max<std::size_t>(columns, 1), 1024, 65'536);
}

// Whether numbers of a column are compared by value: where either table takes it for one of
// numbers.
bool by_value(const Table& table, std::int64_t column, const TableLook* like) {
  if (!table.numbers(column).empty()) return true;
  if (like == nullptr) return false;
  const auto other = like->find(table.columns()[static_cast<std::size_t>(column)]);
  return other >= 0 && !like->table().numbers(other).empty();
}

}  // namespace

TableLook::TableLook(const UnknownTable& unknown, const std::string& target, const TableLook* like)
    : unknown_(unknown), sample_(unknown.table) {
  if (!target.empty()) target_ = table().find(target);
  if (!target.empty() && target_ < 0 && like == nullptr) {
    throw Error(ErrorKind::config, "--target: " + table().no_column(target));
  }
  stamps_.resize(static_cast<std::size_t>(rows()));
  const auto& model = like == nullptr ? table() : like->table();
  const auto count = table().columns().size();
  columns_.reserve(count);
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto column = static_cast<std::int64_t>(i);
    columns_.emplace_back(table(), column, exact_limit(count), by_value(table(), column, like),
                          hashes);
    const auto place = model.find(columns_.back().name());
    if (column == target_) {
      for (std::size_t row = 0; row < stamps_.size(); ++row) stamps_[row].target = hashes[row];
    } else if (place >= 0) {
      stamp(static_cast<std::uint64_t>(place), hashes);
    }
  }
  hashes.assign(stamps_.size(), 0);  // what this table lacks is missing
  for (std::size_t i = 0; i < model.columns().size(); ++i) {
    if (find(model.columns()[i]) < 0 && model.columns()[i] != target) stamp(i, hashes);
  }
  std::sort(stamps_.begin(), stamps_.end());
}

// A sum, so that the order of columns, which another table may have differently, does not matter.
void TableLook::stamp(std::uint64_t column, const std::vector<std::uint64_t>& hashes) {
  for (std::size_t row = 0; row < stamps_.size(); ++row) {
    stamps_[row].features += hash_behind(column + 1, hashes[row]);
  }
}

std::int64_t TableLook::bytes() const {
  std::int64_t bytes = 0;
  for (const auto& source : table().sources()) bytes += source.bytes;
  return bytes;
}

std::string TableLook::first_bad_line() const {
  const auto& bad = table().bad_rows();
  return bad.empty() ? "" : line_in(table(), bad.front());
}

std::vector<std::string_view> TableLook::sampled(std::size_t column) const {
  std::vector<std::string_view> cells;
  cells.reserve(static_cast<std::size_t>(sample_.rows()));
  for (std::int64_t row = 0; row < sample_.rows(); ++row) {
    cells.push_back(sample_.cell(column, row));
  }
  return cells;
}

}  // namespace candor
