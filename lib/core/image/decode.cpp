// SPDX-License-Identifier: Apache-2.0
#include "core/image/decode.h"

#include <candor/error.h>

#include <utility>

#include "core/image/decode_formats.h"

namespace candor {
namespace {

constexpr std::string_view kJpeg = "\xFF\xD8\xFF";
constexpr std::string_view kPng = "\x89PNG\r\n\x1A\n";

bool is_webp(std::string_view bytes) {
  return bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP";
}

void check_size(const ImageHeader& header, const ImageLimits& limits) {
  const auto width = header.width, height = header.height;
  const bool sides =
      width >= 1 && height >= 1 && width <= limits.max_side && height <= limits.max_side;
  if (sides && width <= limits.max_pixels / height) return;
  refuse_image("is " + std::to_string(width) + " x " + std::to_string(height) + " pixels; 1 to " +
               std::to_string(limits.max_side) + " a side and " +
               std::to_string(limits.max_pixels) + " in all are allowed");
}

void check_ratio(const ImageHeader& header, std::size_t bytes) {
  const auto pixels = header.width * header.height;
  if (pixels <= kFreePixels) return;
  const auto ratio = pixels * 3 / static_cast<std::int64_t>(bytes);
  if (ratio <= kMostRatio) return;
  refuse_image("unpacks to " + std::to_string(ratio) + " times its bytes; " +
               std::to_string(kMostRatio) + " times are allowed above " +
               std::to_string(kFreePixels) + " pixels");
}

ImageHeader read_any_header(std::string_view bytes) {
  if (bytes.starts_with(kJpeg)) return read_jpeg_header(bytes);
  if (bytes.starts_with(kPng)) return read_png_header(bytes);
  if (is_webp(bytes)) return read_webp_header(bytes);
  refuse_image("is neither JPEG, PNG nor WebP");
}

void decode_stored(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                   Picture& picture) {
  if (header.format == ImageFormat::jpeg) return decode_jpeg(bytes, header, wish, picture);
  if (header.format == ImageFormat::png) return decode_png(bytes, picture);
  decode_webp(bytes, header, picture);
}

// What is wished of the upright picture, in terms of the stored one.
DecodeWish stored_wish(const DecodeWish& wish, const ImageHeader& header) {
  DecodeWish stored = wish;
  if (wish.box) {
    stored.box = stored_box(*wish.box, header.orientation, header.width, header.height);
  }
  if (header.orientation >= 5) std::swap(stored.width, stored.height);
  return stored;
}

std::int64_t scaled(std::int64_t length, double scale) {
  const auto eighths = static_cast<std::int64_t>(scale * 8);
  return (length * eighths + 7) / 8;
}

}  // namespace

void refuse_image(const std::string& what) { throw Error(ErrorKind::request, "the image " + what); }

void refuse_damaged(const std::string& what) {
  refuse_image("is truncated or damaged (" + what + ")");
}

ImageHeader read_image_header(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.empty()) refuse_image("has zero bytes");
  if (bytes.size() > static_cast<std::size_t>(limits.max_bytes)) {
    refuse_image("has " + std::to_string(bytes.size()) + " bytes; " +
                 std::to_string(limits.max_bytes) + " are allowed");
  }
  const auto header = read_any_header(bytes);
  check_size(header, limits);
  check_ratio(header, bytes.size());
  return header;
}

void decode_picture(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                    Picture& picture) {
  if (header.orientation == 1) return decode_stored(bytes, header, wish, picture);
  thread_local Picture stored;
  decode_stored(bytes, header, stored_wish(wish, header), stored);
  turn_upright(stored, header.orientation, scaled(header.width, stored.scale),
               scaled(header.height, stored.scale), picture);
  stored.trim();
}

bool decode_planes(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                   Planes& planes) {
  return header.format == ImageFormat::jpeg && decode_jpeg_planes(bytes, header, wish, planes);
}

Pixels decode_image(std::string_view bytes, const ImageLimits& limits) {
  Picture picture;
  decode_picture(bytes, read_image_header(bytes, limits), {}, picture);
  Pixels pixels{picture.height, picture.width, {}};
  const auto count = picture.height * picture.width;
  pixels.rgb.resize(static_cast<std::size_t>(count * 3));
  const auto* from = picture.row(0);
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t c = 0; c < 3; ++c) {
      pixels.rgb[static_cast<std::size_t>(i * 3 + c)] = from[i * Picture::kChannels + c];
    }
  }
  return pixels;
}

}  // namespace candor
