// SPDX-License-Identifier: Apache-2.0
// Still WebP images, lossy and lossless (RFC 9649).
#include <webp/decode.h>

#include <algorithm>

#include "core/image/decode_formats.h"
#include "core/image/exif.h"

namespace candor {
namespace {

constexpr std::size_t kFileHeader = 12;  // "RIFF", size, "WEBP"
constexpr std::size_t kChunkHeader = 8;  // name, size

const std::uint8_t* data_of(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

std::size_t little_endian(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::size_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

int orientation_of(std::string_view bytes) {
  for (auto at = kFileHeader; at + kChunkHeader <= bytes.size();) {
    const auto size = little_endian(bytes, at + 4);
    if (bytes.substr(at, 4) == "EXIF") {
      const auto body = bytes.substr(at + kChunkHeader, size);
      // Some writers keep the JPEG's "Exif\0\0" before the block.
      return std::max(exif_orientation(body), app1_orientation(body));
    }
    at += kChunkHeader + size + size % 2;
  }
  return 1;
}

[[noreturn]] void refuse_status(VP8StatusCode status) {
  if (status == VP8_STATUS_OUT_OF_MEMORY) refuse_image("cannot be decoded: no memory for WebP");
  const bool ends = status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED;
  refuse_damaged(ends ? "WebP: the file ends early" : "WebP: the data is not valid");
}

}  // namespace

ImageHeader read_webp_header(std::string_view bytes) {
  WebPBitstreamFeatures features;
  const auto status = WebPGetFeatures(data_of(bytes), bytes.size(), &features);
  if (status != VP8_STATUS_OK) refuse_status(status);
  if (features.has_animation != 0) {
    refuse_image("is an animated WebP; still pictures are allowed");
  }
  ImageHeader header;
  header.format = ImageFormat::webp;
  header.width = features.width;
  header.height = features.height;
  header.orientation = orientation_of(bytes);
  return header;
}

void decode_webp(std::string_view bytes, const ImageHeader& header, Picture& picture) {
  picture.reset(header.width, header.height);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) refuse_image("cannot be decoded: another libwebp");
  config.output.colorspace = MODE_rgbA;  // multiplied by alpha: laid over black
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = picture.row(0);
  config.output.u.RGBA.stride = static_cast<int>(header.width * Picture::kChannels);
  config.output.u.RGBA.size =
      static_cast<std::size_t>(header.width * header.height * Picture::kChannels);
  const auto status = WebPDecode(data_of(bytes), bytes.size(), &config);
  if (status != VP8_STATUS_OK) refuse_status(status);
}

}  // namespace candor
