// SPDX-License-Identifier: Apache-2.0
// JSON of strangers, and a config made of it: an Error or a value, nothing else.
#include <candor/error.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/json.h"
#include "core/config/config_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto json = candor::parse_json(text, "input", candor::ErrorKind::config);
    candor::config_from_json(json, "input");
  } catch (const candor::Error&) {
  }
  return 0;
}
