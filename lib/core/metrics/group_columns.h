// SPDX-License-Identifier: Apache-2.0
// Group columns as codes: which group each row belongs to, for one column or a crossing of several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace candor {

// A column of more values is no column of groups but of names or numbers; and of columns whose
// combinations could be more than the second, no crossing is made.
inline constexpr std::size_t kMostGroupValues = 1000;
inline constexpr std::size_t kMostCombinations = 10'000;

struct GroupColumn {
  // The columns behind it, sorted; one, or several where they are crossed.
  std::vector<std::string> columns;
  std::vector<std::uint32_t> codes;  // by row: index into values
  // Sorted. Of a crossing: the values that occur together, joined with "*" (one within a value is
  // written "\*").
  std::vector<std::string> values;
  std::vector<std::vector<std::uint32_t>> parts;  // by value: its code in each crossed column

  std::string name() const;  // "sex", or "race*sex"
};

// An empty value is a group of its own, "(missing)".
GroupColumn code_column(const std::string& name, const std::vector<std::string>& values);

// `columns` have the same rows. Only combinations that occur become values.
GroupColumn cross_columns(const std::vector<const GroupColumn*>& columns);

// Every column of not too many values, then every crossing of 2, 3, ... up to `most_crossed`
// columns.
std::vector<GroupColumn> group_columns(
    const std::map<std::string, std::vector<std::string>>& groups, std::int64_t most_crossed);

}  // namespace candor
