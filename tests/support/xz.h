// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lzma.h>

#include <cstdint>
#include <string>

#include "support/catch.h"

namespace candor::test {

// `content` as one xz stream.
inline std::string xz(const std::string& content) {
  std::string packed(lzma_stream_buffer_bound(content.size()), '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(content.data()),
                                  content.size(), reinterpret_cast<std::uint8_t*>(packed.data()),
                                  &size, packed.size()) == LZMA_OK);
  packed.resize(size);
  return packed;
}

}  // namespace candor::test
