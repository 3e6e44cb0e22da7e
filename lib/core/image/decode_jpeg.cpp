// SPDX-License-Identifier: Apache-2.0
#include <turbojpeg.h>

#include <memory>
#include <type_traits>
#include <utility>

#include "core/image/decode_formats.h"

namespace candor {
namespace {

// A progressive file repeats the whole picture in every scan: few bytes can ask for hours of work.
// Encoders write about ten.
constexpr int kMostScans = 100;

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<std::remove_pointer_t<tjhandle>, Destroy>;

[[noreturn]] void refuse_damaged(tjhandle handle) {
  refuse_image(std::string("is truncated or damaged (JPEG: ") + tjGetErrorStr2(handle) + ")");
}

unsigned char byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// First marker at or after `at`: an FF byte and one that is neither a stuffed zero, a fill byte nor
// a restart (D0 to D7), which all belong to the data of a scan.
std::size_t find_marker(std::string_view bytes, std::size_t at) {
  for (; at + 1 < bytes.size(); ++at) {
    at = bytes.find('\xFF', at);
    if (at == std::string_view::npos || at + 1 >= bytes.size()) break;
    const auto code = byte_at(bytes, at + 1);
    if (code != 0x00 && code != 0xFF && (code < 0xD0 || code > 0xD7)) return at;
  }
  return std::string_view::npos;
}

void check_scans(std::string_view bytes) {
  constexpr unsigned char kEnd = 0xD9;
  constexpr unsigned char kScan = 0xDA;
  int scans = 0;
  auto at = find_marker(bytes, 2);  // after the start-of-image marker
  while (at != std::string_view::npos && at + 3 < bytes.size() && byte_at(bytes, at + 1) != kEnd) {
    if (byte_at(bytes, at + 1) == kScan && ++scans > kMostScans) {
      refuse_image("has more than " + std::to_string(kMostScans) + " scans");
    }
    const std::size_t length = byte_at(bytes, at + 2) * 256u + byte_at(bytes, at + 3);
    at = find_marker(bytes, at + 2 + length);
  }
}

struct Header {
  int width = 0;
  int height = 0;
  int colors = 0;
};

Header read_header(tjhandle handle, std::string_view bytes) {
  Header header;
  int subsampling = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (tjDecompressHeader3(handle, data, bytes.size(), &header.width, &header.height, &subsampling,
                          &header.colors) != 0) {
    refuse_damaged(handle);
  }
  // What a file that ends before its frame header gets.
  if (header.width == 0) refuse_image("is truncated or damaged (JPEG: no frame header)");
  return header;
}

std::vector<std::uint8_t> decompress(tjhandle handle, std::string_view bytes, const Header& header,
                                     int format) {
  const auto size = static_cast<std::size_t>(header.width) *
                    static_cast<std::size_t>(header.height) *
                    static_cast<std::size_t>(tjPixelSize[format]);
  std::vector<std::uint8_t> pixels(size);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  // Warnings stop too: the library fills what a truncated file lacks with grey.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(handle, data, bytes.size(), pixels.data(), header.width, 0, header.height,
                    format, kFlags) != 0) {
    refuse_damaged(handle);
  }
  return pixels;
}

// Adobe stores inks inverted, and nobody else writes four-colour JPEG: red is then cyan * black /
// 255.
std::vector<std::uint8_t> from_cmyk(const std::vector<std::uint8_t>& inks) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(inks.size() / 4 * 3);
  for (std::size_t i = 0; i + 3 < inks.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c) {
      rgb.push_back(static_cast<std::uint8_t>((inks[i + c] * inks[i + 3] + 127) / 255));
    }
  }
  return rgb;
}

}  // namespace

Pixels decode_jpeg(std::string_view bytes, const ImageLimits& limits) {
  const Handle handle(tjInitDecompress());
  if (!handle) refuse_image("cannot be decoded: no memory for a JPEG decoder");
  const auto header = read_header(handle.get(), bytes);
  check_image_size(header.width, header.height, limits);
  check_scans(bytes);
  const bool cmyk = header.colors == TJCS_CMYK || header.colors == TJCS_YCCK;
  auto pixels = decompress(handle.get(), bytes, header, cmyk ? TJPF_CMYK : TJPF_RGB);
  return {header.height, header.width, cmyk ? from_cmyk(pixels) : std::move(pixels)};
}

}  // namespace candor
