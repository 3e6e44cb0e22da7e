// SPDX-License-Identifier: Apache-2.0
// A table is the same, or refused with the same words, in whatever chunks and threads it is read.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <candor/error.h>

#include "core/table/same_table.h"
#include "core/table/table.h"

namespace candor::test {

struct Outcome {
  std::optional<Table> table;
  std::string refusal;
};

inline Outcome read_outcome(std::string_view text, const char* name, const TableData& config,
                            const ReadOptions& options) {
  Outcome outcome;
  try {
    outcome.table = parse_table(text, name, config, options);
  } catch (const Error& error) {
    outcome.refusal = error.what();
  }
  return outcome;
}

// Ends the process where it is not so. `name` tells the kind of file by its ending.
inline void check_same_in_parts(std::string_view text, const char* name, const TableData& config) {
  ReadOptions whole;
  whole.threads = 1;
  whole.kernel = CsvKernel::portable;
  const auto expected = read_outcome(text, name, config, whole);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{70}, std::size_t{1} << 20}) {
    ReadOptions options;
    options.threads = 1 + bytes % 2;
    options.chunk_bytes = bytes;
    const auto found = read_outcome(text, name, config, options);
    if (found.refusal != expected.refusal) std::abort();
    if (found.table && !difference(*found.table, *expected.table).empty()) std::abort();
  }
}

}  // namespace candor::test
