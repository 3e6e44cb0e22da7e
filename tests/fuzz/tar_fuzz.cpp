// SPDX-License-Identifier: Apache-2.0
// Tar archives that come in parts of any size: the first byte says which.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <candor/error.h>

#include "core/image/tar_reader.h"
#include "support/bytes_in_steps.h"

using namespace candor;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  test::BytesInSteps source(rest, 1 + data[0] * std::size_t{7});
  try {
    TarReader reader(source, "fuzz.tar");
    std::string bytes;
    for (TarMember member; reader.next(member);) {
      // What a caller relies on: nothing leads outside.
      if (member.name.empty() || member.name.front() == '/' ||
          ("/" + member.name + "/").find("/../") != std::string::npos) {
        std::abort();
      }
      if (member.size % 2 == 0) reader.read(bytes);
    }
  } catch (const Error&) {
  }
  return 0;
}
