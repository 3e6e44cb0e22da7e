// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: read or refused, and the same in whatever chunks, threads and instructions.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/same_in_parts.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto config = config_of(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  test::check_same_in_parts(text, "t.csv", config);
  return 0;
}
