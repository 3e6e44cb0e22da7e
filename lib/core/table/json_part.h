// SPDX-License-Identifier: Apache-2.0
// One part of a file of JSON lines as columns: what a thread makes of a chunk.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/table/json_row.h"
#include "core/table/string_index.h"
#include "core/table/table_part.h"

namespace candor {

class JsonPart {
 public:
  using PlanOf = std::function<ColumnPlan(const std::string& name)>;

  struct KeyColumn {
    std::string name;
    ColumnPlan plan;
    ColumnHint hint;
    DistinctSketch distinct;  // of all chunks that this part has read
    ColumnPart part;
    std::vector<std::pair<std::uint32_t, std::string_view>> cells;  // by rising row
  };

  // Reads the lines of `chunk`; its text is not needed after that. Throws Error{data} for text that
  // is not UTF-8, and for lines with so many different keys that the table would be nearly empty.
  void read(const CsvChunk& chunk, const std::string& name, const PlanOf& plan_of);

  std::size_t rows() const { return rows_; }
  // Of this chunk, by first appearance.
  const std::vector<KeyColumn*>& columns() const { return present_; }
  // Of all chunks; null for a key that none of them has.
  const KeyColumn* find(std::string_view key) const {
    const auto at = position(index_, key);
    return at < 0 ? nullptr : &columns_[static_cast<std::size_t>(at)];
  }
  const std::vector<PartLines>& lines() const { return lines_; }
  const std::vector<PartBadRow>& bad_rows() const { return bad_rows_; }

 private:
  void read_line(std::string_view line, std::int64_t number, std::string_view text,
                 const PlanOf& plan_of);
  KeyColumn& column(std::string_view key, const PlanOf& plan_of);
  void start();

  JsonRowReader reader_;
  std::deque<KeyColumn> columns_;
  StringIndex index_;  // of columns_
  std::vector<KeyColumn*> present_;
  std::size_t rows_ = 0;
  std::vector<PartLines> lines_;
  std::vector<PartBadRow> bad_rows_;
  std::deque<std::string> kept_;  // cells that are no part of the chunk
  std::vector<std::string_view> cells_;
};

// Throws Error{data} when a table of so many rows and columns, read from so many bytes, would
// consist of missing cells nearly everywhere.
void check_key_count(const std::string& name, std::size_t rows, std::size_t columns,
                     std::size_t bytes);

}  // namespace candor
