// SPDX-License-Identifier: Apache-2.0
// The rows of a table's file one after the other, without holding the table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <candor/config.h>

namespace candor {

class RowStream {
 public:
  virtual ~RowStream() = default;

  const std::vector<std::string>& columns() const { return columns_; }
  const TableFormat& format() const { return format_; }
  std::int64_t bytes() const { return bytes_; }

  // The next row, also a malformed one: see defect(). False at the end. Throws Error{data}.
  virtual bool next() = 0;
  // As many as columns() unless the row has a defect; views valid until next(). Trimmed by
  // format(), markers of missing values as they stand.
  virtual std::span<const std::string_view> cells() const = 0;
  virtual std::int64_t line() const = 0;
  // Why the row cannot be used, or empty. Never holds a cell's content.
  virtual std::string defect() const = 0;

 protected:
  std::vector<std::string> columns_;
  TableFormat format_;
  std::int64_t bytes_ = 0;
};

// Opens `path`, a CSV file, and finds out how it is written. The file is mapped, not read into
// memory. Throws Error{data}: no file, empty, not UTF-8 text, two columns of one name.
std::unique_ptr<RowStream> open_rows(const std::filesystem::path& path);

}  // namespace candor
