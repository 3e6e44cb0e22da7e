// SPDX-License-Identifier: Apache-2.0
// The arrays that a column and a table are made of, for writing them to a file and back. Private to
// the cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/table/column.h"
#include "core/table/table.h"

namespace candor {

// Bytes of one array.
using RawArray = std::span<const std::byte>;

struct ColumnLayout {
  static constexpr std::size_t kArrays = 6;
  // Values, spellings, odd rows, bytes of texts, ends of texts, carries of those.
  static std::array<RawArray, kArrays> arrays(const Column& column);
  // A column over arrays that `owner` keeps alive, aligned for what they hold. Null when they are
  // not those of a column of `rows` rows.
  static std::shared_ptr<const Column> column(const ColumnSummary& summary,
                                              const std::array<RawArray, kArrays>& arrays,
                                              std::size_t rows,
                                              const std::shared_ptr<const void>& owner);
};

struct TableLayout {
  static RawArray lines(const Table& table);
  static const std::vector<std::shared_ptr<const Column>>& columns(const Table& table);
  // Names, rows, first rows of the sources, bad rows, summaries.
  static Json facts(const Table& table);
  // Throws std::exception where `facts` is not what facts() gives. Columns are still to come.
  static Table table(const Json& facts, RawArray lines, const std::vector<TableSource>& sources);
  static ColumnSummary summary(const Json& json);
  static void add_column(Table& table, std::shared_ptr<const Column> column);
};

}  // namespace candor
