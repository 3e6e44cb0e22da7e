// SPDX-License-Identifier: Apache-2.0
#include "core/image/exif.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace candor {
namespace {

constexpr std::size_t kEntryBytes = 12;
constexpr std::uint32_t kOrientationTag = 274;
constexpr std::uint32_t kShortType = 3;

// Integers of either byte order; beyond the end they are 0.
class Tiff {
 public:
  explicit Tiff(std::string_view bytes) : bytes_(bytes), big_(bytes.starts_with("MM")) {}

  std::uint32_t number(std::size_t at, std::size_t count) const {
    if (at > bytes_.size() || bytes_.size() - at < count) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto byte = static_cast<unsigned char>(bytes_[at + (big_ ? i : count - 1 - i)]);
      value = value * 256 + byte;
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool big_;
};

}  // namespace

int exif_orientation(std::string_view tiff) {
  constexpr std::uint32_t kMark = 42;
  if (!tiff.starts_with("MM") && !tiff.starts_with("II")) return 1;
  const Tiff file(tiff);
  if (file.number(2, 2) != kMark) return 1;
  const std::size_t directory = file.number(4, 4);
  const auto entries = std::min<std::size_t>(file.number(directory, 2), tiff.size() / kEntryBytes);
  for (std::size_t i = 0; i < entries; ++i) {
    const auto entry = directory + 2 + i * kEntryBytes;
    if (file.number(entry, 2) != kOrientationTag) continue;
    const auto value = file.number(entry + 8, 2);
    const bool known = file.number(entry + 2, 2) == kShortType && value >= 1 && value <= 8;
    return known ? static_cast<int>(value) : 1;
  }
  return 1;
}

int app1_orientation(std::string_view segment) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  return segment.starts_with(kExif) ? exif_orientation(segment.substr(kExif.size())) : 1;
}

}  // namespace candor
