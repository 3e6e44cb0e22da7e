// SPDX-License-Identifier: Apache-2.0
#include "core/data/duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace candor {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
  return hash ^ (hash >> 29);
}

// A column of a table for comparing: values where it is one of numbers, else text.
class ColumnCells {
 public:
  ColumnCells(const Table& table, std::int64_t column, bool of_numbers)
      : table_(table), column_(column), numbers_(table.numbers(column)), of_numbers_(of_numbers) {}

  std::uint64_t hash(std::int64_t row) const {
    const double value = number(row);
    if (!std::isnan(value)) return std::bit_cast<std::uint64_t>(value + 0.0);  // -0 is 0
    if (table_.missing(column_, row)) return 1;  // spares a column of numbers its text
    return std::hash<std::string_view>{}(table_.cell(column_, row));
  }

  // Negative, 0 or positive.
  int compare(std::int64_t row, const ColumnCells& other, std::int64_t other_row) const {
    const double x = number(row), y = other.number(other_row);
    if (std::isnan(x) != std::isnan(y)) return std::isnan(x) ? 1 : -1;
    if (std::isnan(x)) return compare_texts(row, other, other_row);
    return x < y ? -1 : x > y ? 1 : 0;
  }

 private:
  int compare_texts(std::int64_t row, const ColumnCells& other, std::int64_t other_row) const {
    const bool missing = table_.missing(column_, row);
    if (missing != other.table_.missing(other.column_, other_row)) return missing ? -1 : 1;
    return missing ? 0
                   : table_.cell(column_, row).compare(other.table_.cell(other.column_, other_row));
  }

  double number(std::int64_t row) const {
    if (!numbers_.empty()) return numbers_[static_cast<std::size_t>(row)];
    if (!of_numbers_) return std::nan("");
    const auto parsed = table_.number(column_, row);
    return parsed.kind == NumberKind::number ? parsed.value : std::nan("");
  }

  const Table& table_;
  std::int64_t column_;
  std::span<const double> numbers_;
  bool of_numbers_;
};

using Columns = std::vector<ColumnCells>;

std::vector<std::uint64_t> hashes_of(const Table& table, const Columns& columns) {
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(table.rows()), 0);
  for (const auto& column : columns) {
    for (std::size_t row = 0; row < hashes.size(); ++row) {
      hashes[row] = mixed(hashes[row], column.hash(static_cast<std::int64_t>(row)));
    }
  }
  return hashes;
}

int compare_rows(const Columns& columns, std::int64_t row, const Columns& others,
                 std::int64_t other_row) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (const int order = columns[i].compare(row, others[i], other_row); order != 0) return order;
  }
  return 0;
}

}  // namespace

std::vector<std::int64_t> first_equals(
    std::span<const std::uint64_t> hashes,
    const std::function<bool(std::int64_t a, std::int64_t b)>& less) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> order(hashes.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = {hashes[i], static_cast<std::int64_t>(i)};
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> firsts(hashes.size());
  for (auto begin = order.begin(); begin != order.end();) {
    const auto end = std::find_if(begin, order.end(),
                                  [&](const auto& entry) { return entry.first != begin->first; });
    const auto equal = [&](const auto& a, const auto& b) {
      return !less(a.second, b.second) && !less(b.second, a.second);
    };
    const bool same =
        std::all_of(begin + 1, end, [&](const auto& entry) { return equal(*begin, entry); });
    if (!same) {
      std::stable_sort(begin, end,
                       [&](const auto& a, const auto& b) { return less(a.second, b.second); });
    }
    auto first = begin;
    for (auto entry = begin; entry != end; ++entry) {
      if (!same && !equal(*first, *entry)) first = entry;
      firsts[static_cast<std::size_t>(entry->second)] = first->second;
    }
    begin = end;
  }
  return firsts;
}

std::vector<std::int64_t> first_equal_rows(const Table& table) {
  Columns columns;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(table.columns().size()); ++i) {
    columns.emplace_back(table, i, !table.numbers(i).empty());
  }
  return first_equals(hashes_of(table, columns), [&](std::int64_t a, std::int64_t b) {
    return compare_rows(columns, a, columns, b) < 0;
  });
}

std::vector<std::int64_t> equal_rows_in(const Table& other, const Table& table) {
  Columns others, columns;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(table.columns().size()); ++i) {
    const auto place = other.find(table.columns()[static_cast<std::size_t>(i)]);
    if (place < 0) continue;
    const bool numbers = !table.numbers(i).empty() || !other.numbers(place).empty();
    others.emplace_back(other, place, numbers);
    columns.emplace_back(table, i, numbers);
  }
  // The rows of `other`, then those of `table`.
  const auto count = other.rows();
  auto hashes = hashes_of(other, others);
  const auto more = hashes_of(table, columns);
  hashes.insert(hashes.end(), more.begin(), more.end());
  const auto columns_of = [&](std::int64_t row) -> const Columns& {
    return row < count ? others : columns;
  };
  const auto row_of = [&](std::int64_t row) { return row < count ? row : row - count; };
  const auto firsts = first_equals(hashes, [&](std::int64_t a, std::int64_t b) {
    return compare_rows(columns_of(a), row_of(a), columns_of(b), row_of(b)) < 0;
  });
  std::vector<std::int64_t> equal(firsts.begin() + count, firsts.end());
  for (auto& row : equal) row = row < count && !columns.empty() ? row : -1;
  return equal;
}

std::vector<std::int64_t> first_equal_texts(std::span<const std::string_view> texts) {
  std::vector<std::uint64_t> hashes(texts.size());
  std::transform(texts.begin(), texts.end(), hashes.begin(), std::hash<std::string_view>{});
  return first_equals(hashes, [&](std::int64_t a, std::int64_t b) {
    return texts[static_cast<std::size_t>(a)] < texts[static_cast<std::size_t>(b)];
  });
}

std::int64_t count_repeats(std::span<const std::int64_t> first_equals) {
  std::int64_t count = 0;
  for (std::size_t row = 0; row < first_equals.size(); ++row) {
    count += first_equals[row] != static_cast<std::int64_t>(row) ? 1 : 0;
  }
  return count;
}

}  // namespace candor
