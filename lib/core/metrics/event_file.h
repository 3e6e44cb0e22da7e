// SPDX-License-Identifier: Apache-2.0
// Appends scalars to a TensorBoard event file (TFRecord framing, masked CRC-32C, hand-encoded
// protobuf Event messages of wall_time, step, file_version and simple_value summaries).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace candor {

// CRC-32C (Castagnoli) of bytes, as RFC 3720 appendix B.4 tests it.
std::uint32_t crc32c(std::string_view bytes);

class EventFile {
 public:
  // Creates folder/events.out.tfevents.<seconds>.<host>.<pid>. Throws Error{failed}.
  explicit EventFile(const std::filesystem::path& folder);
  void scalar(const std::string& tag, double value, std::int64_t step);
  void flush();

 private:
  void record(const std::string& event);
  std::ofstream file_;
};

}  // namespace candor
