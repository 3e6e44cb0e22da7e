// SPDX-License-Identifier: Apache-2.0
// A table of strangers, looked at: an Error or three well-formed outputs, and no cell that is to be
// hidden is needed for that.
#include <candor/error.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/inspect/inspect_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto path =
      std::filesystem::temp_directory_path() / ("candor-fuzz-inspect-" + std::to_string(getpid()));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    candor::InspectRequest request{path, "", path};
    auto inspection = candor::inspect_table(request);
    if (!inspection.columns.empty()) {
      request.target = inspection.columns.back().name;
      inspection = candor::inspect_table(request);
    }
    candor::inspection_json(inspection)
        .dump(-1, ' ', false, candor::Json::error_handler_t::replace);
    candor::inspection_text(inspection, false);
    candor::inspection_html(inspection);
  } catch (const candor::Error&) {
  }
  std::filesystem::remove(path);
  return 0;
}
