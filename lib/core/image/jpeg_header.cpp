// SPDX-License-Identifier: Apache-2.0
// A walk over the markers of a JPEG (ITU-T T.81, annex B), before libjpeg sees it.
#include <algorithm>

#include "core/image/decode_formats.h"
#include "core/image/exif.h"

namespace candor {
namespace {

// A progressive file repeats the whole picture in every scan: few bytes can ask for hours of work.
// Encoders write about ten.
constexpr int kMostScans = 100;

enum Marker : unsigned {
  kFirstFrame = 0xC0,
  kHuffmanTables = 0xC4,
  kExtension = 0xC8,
  kArithmeticTables = 0xCC,
  kLastFrame = 0xCF,
  kFirstRestart = 0xD0,
  kLastRestart = 0xD7,
  kEnd = 0xD9,
  kScan = 0xDA,
  kApp1 = 0xE1,
};

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
}
unsigned word_at(std::string_view bytes, std::size_t i) {
  return byte_at(bytes, i) * 256 + byte_at(bytes, i + 1);
}

// First marker at or after `at`: an FF byte and one that is neither a stuffed zero, a fill byte nor
// a restart, which all belong to the data of a scan.
std::size_t find_marker(std::string_view bytes, std::size_t at) {
  for (; at + 1 < bytes.size(); ++at) {
    at = bytes.find('\xFF', at);
    if (at == std::string_view::npos || at + 1 >= bytes.size()) break;
    const auto code = byte_at(bytes, at + 1);
    const bool data =
        code == 0x00 || code == 0xFF || (code >= kFirstRestart && code <= kLastRestart);
    if (!data) return at;
  }
  return std::string_view::npos;
}

bool is_frame(unsigned code) {
  return code >= kFirstFrame && code <= kLastFrame && code != kHuffmanTables &&
         code != kExtension && code != kArithmeticTables;
}

}  // namespace

ImageHeader read_jpeg_header(std::string_view bytes) {
  ImageHeader header;
  bool frame = false;
  int scans = 0;
  auto at = find_marker(bytes, 2);  // after the start-of-image marker
  while (at != std::string_view::npos && at + 3 < bytes.size()) {
    const auto code = byte_at(bytes, at + 1);
    if (code == kEnd) break;
    const std::size_t length = word_at(bytes, at + 2);
    if (is_frame(code) && !frame) {
      header.height = word_at(bytes, at + 5);
      header.width = word_at(bytes, at + 7);
      frame = at + 8 < bytes.size();
    }
    if (code == kApp1 && scans == 0 && header.orientation == 1) {
      header.orientation =
          app1_orientation(bytes.substr(at + 4, std::max<std::size_t>(length, 2) - 2));
    }
    if (code == kScan && ++scans > kMostScans) {
      refuse_image("has more than " + std::to_string(kMostScans) + " scans");
    }
    at = find_marker(bytes, at + 2 + length);
  }
  if (!frame) refuse_damaged("JPEG: no frame header");
  return header;
}

}  // namespace candor
