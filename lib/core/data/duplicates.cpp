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

// A column of a table for comparing: values where it has some, else text.
class ColumnCells {
 public:
  ColumnCells(const Table& table, std::int64_t column)
      : table_(table), column_(column), numbers_(table.numbers(column)) {}

  std::uint64_t hash(std::int64_t row) const {
    const double value = number(row);
    if (!std::isnan(value)) return std::bit_cast<std::uint64_t>(value + 0.0);  // -0 is 0
    if (table_.missing(column_, row)) return 1;  // spares a column of numbers its text
    return std::hash<std::string_view>{}(table_.cell(column_, row));
  }

  // Negative, 0 or positive.
  int compare(std::int64_t a, std::int64_t b) const {
    const double x = number(a), y = number(b);
    if (std::isnan(x) != std::isnan(y)) return std::isnan(x) ? 1 : -1;
    if (std::isnan(x)) return compare_texts(a, b);
    return x < y ? -1 : x > y ? 1 : 0;
  }

 private:
  int compare_texts(std::int64_t a, std::int64_t b) const {
    const bool missing = table_.missing(column_, a);
    if (missing != table_.missing(column_, b)) return missing ? -1 : 1;
    return missing ? 0 : table_.cell(column_, a).compare(table_.cell(column_, b));
  }

  double number(std::int64_t row) const {
    return numbers_.empty() ? std::nan("") : numbers_[static_cast<std::size_t>(row)];
  }

  const Table& table_;
  std::int64_t column_;
  std::span<const double> numbers_;
};

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
  std::vector<ColumnCells> columns;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    columns.emplace_back(table, static_cast<std::int64_t>(i));
  }
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(table.rows()), 0);
  for (const auto& column : columns) {
    for (std::size_t row = 0; row < hashes.size(); ++row) {
      hashes[row] = mixed(hashes[row], column.hash(static_cast<std::int64_t>(row)));
    }
  }
  return first_equals(hashes, [&](std::int64_t a, std::int64_t b) {
    for (const auto& column : columns) {
      if (const int order = column.compare(a, b); order != 0) return order < 0;
    }
    return false;
  });
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
