// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/base/byte_source.h"

namespace candor::test {

// Bytes that come at most `step` at a time.
class BytesInSteps final : public ByteSource {
 public:
  BytesInSteps(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  std::size_t read(char* into, std::size_t most) override {
    const auto count = std::min({most, step_, bytes_.size()});
    if (count > 0) std::memcpy(into, bytes_.data(), count);
    bytes_.remove_prefix(count);
    read_ += count;
    return count;
  }
  std::size_t bytes_read() const override { return read_; }

 private:
  std::string_view bytes_;
  std::size_t step_;
  std::size_t read_ = 0;
};

}  // namespace candor::test
