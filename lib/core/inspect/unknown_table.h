// SPDX-License-Identifier: Apache-2.0
// A table of which nobody has said how it is written, read by the reader that training uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <candor/config.h>

#include "core/table/table.h"

namespace candor {

struct UnknownTable {
  Table table;
  // As found, and as the table was read: delimiter, quotes, header, trimming, and the usual markers
  // of missing values that occur. What data.format should say.
  TableFormat format;
};

// `data` is what data.files takes: a path, or a pattern for several. Rows that cannot be read are
// in table.bad_rows(); more than `max_bad_fraction` of all are an error. Throws Error{data} as
// read_table() and expand_paths() do.
UnknownTable read_unknown_table(const std::string& data, double max_bad_fraction);

// The beginning of a table's file, gzip undone, up to the end of a line.
struct TableHead {
  std::string text;    // without a byte order mark
  TableFormat format;  // by this beginning; of JSON lines type alone
};
// Throws Error{data} when the file cannot be read.
TableHead read_table_head(const std::string& path);

// "line 9", or of several files "line 9 of b.csv", for messages.
std::string line_in(const Table& table, std::int64_t row);
std::string line_in(const Table& table, const BadRow& bad);

// Whether the first lines of `text` are JSON objects, one on each.
bool looks_like_json_lines(std::string_view text);

}  // namespace candor
