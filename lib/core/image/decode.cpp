// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include "core/image/decode_formats.h"
#include "core/image/image.h"

namespace candor {
namespace {

constexpr std::string_view kJpeg = "\xFF\xD8\xFF";
constexpr std::string_view kPng = "\x89PNG\r\n\x1A\n";

}  // namespace

void refuse_image(const std::string& what) { throw Error(ErrorKind::request, "the image " + what); }

void check_image_size(std::int64_t width, std::int64_t height, const ImageLimits& limits) {
  const bool sides =
      width >= 1 && height >= 1 && width <= limits.max_side && height <= limits.max_side;
  if (sides && width <= limits.max_pixels / height) return;
  refuse_image("is " + std::to_string(width) + " x " + std::to_string(height) + " pixels; 1 to " +
               std::to_string(limits.max_side) + " a side and " +
               std::to_string(limits.max_pixels) + " in all are allowed");
}

Pixels decode_image(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.empty()) refuse_image("has zero bytes");
  if (bytes.size() > static_cast<std::size_t>(limits.max_bytes)) {
    refuse_image("has " + std::to_string(bytes.size()) + " bytes; " +
                 std::to_string(limits.max_bytes) + " are allowed");
  }
  if (bytes.starts_with(kJpeg)) return decode_jpeg(bytes, limits);
  if (bytes.starts_with(kPng)) return decode_png(bytes, limits);
  refuse_image("is neither JPEG nor PNG");
}

}  // namespace candor
