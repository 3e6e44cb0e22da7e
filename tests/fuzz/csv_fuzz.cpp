// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: read or refused, and the same in whatever chunks, threads and instructions.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <candor/error.h>

#include "core/table/same_table.h"
#include "core/table/table.h"

namespace {

using namespace candor;

TableData config_of(std::uint8_t bits) {
  TableData config;
  config.clean.max_bad_fraction = 1.0;
  config.format.trim = (bits & 1) != 0;
  config.format.header = (bits & 2) == 0;
  if ((bits & 4) != 0) config.format.comment = "#";
  if ((bits & 8) != 0) config.format.delimiter = "whitespace";
  if ((bits & 16) != 0) config.format.quote = "";
  if ((bits & 32) != 0) config.format.missing = {"", "?", "-9"};
  if ((bits & 64) != 0) config.columns["b"].values = {{"1", "one"}, {"x", ""}};
  return config;
}

struct Outcome {
  std::optional<Table> table;
  std::string refusal;
};

Outcome read(std::string_view text, const TableData& config, const ReadOptions& options) {
  Outcome outcome;
  try {
    outcome.table = parse_table(text, "t.csv", config, options);
  } catch (const Error& error) {
    outcome.refusal = error.what();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto config = config_of(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  ReadOptions whole;
  whole.threads = 1;
  whole.kernel = CsvKernel::portable;
  const auto expected = read(text, config, whole);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{70}, std::size_t{1} << 20}) {
    ReadOptions options;
    options.threads = 1 + bytes % 2;
    options.chunk_bytes = bytes;
    const auto found = read(text, config, options);
    if (found.refusal != expected.refusal) std::abort();
    if (found.table && !test::difference(*found.table, *expected.table).empty()) std::abort();
  }
  return 0;
}
