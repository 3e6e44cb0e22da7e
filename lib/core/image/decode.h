// SPDX-License-Identifier: Apache-2.0
// Encoded images to pixels: JPEG (libjpeg-turbo), PNG (libpng), WebP (libwebp), told apart by
// content and never by name.
//
// Colours: grey becomes three equal channels; CMYK and YCCK follow Adobe's convention (inks stored
// inverted: red = cyan * black / 255); palettes and fewer than 8 bits are expanded, 16 bits scaled
// to 8; transparency is laid over black. Colour profiles and gamma are not applied.
//
// Every function throws Error{request} whose text starts with "the image"; callers that read files
// turn it into Error{data} with the path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/image/picture.h"
#include "core/image/planes.h"
#include "core/schema/signature.h"

namespace candor {

// Held against the header, before any pixel is allocated. The defaults are what a client may send.
struct ImageLimits {
  std::int64_t max_bytes = 10ll << 20;
  std::int64_t max_side = 8192;
  std::int64_t max_pixels = 16'000'000;
};
// Files of the user's own: 50 MiB, 64 megapixels.
inline constexpr ImageLimits kFileLimits{50ll << 20, 16'384, 64'000'000};

// A picture of more than kFreePixels whose 3 bytes a pixel are more than kMostRatio times the file
// is refused: it is a bomb, or one flat colour.
inline constexpr std::int64_t kMostRatio = 500;
inline constexpr std::int64_t kFreePixels = 1'000'000;

enum class ImageFormat { jpeg, png, webp };

struct ImageHeader {
  ImageFormat format = ImageFormat::jpeg;
  std::int64_t width = 0, height = 0;  // as stored
  int orientation = 1;                 // EXIF, 1 to 8

  // Of the upright picture.
  std::int64_t upright_width() const { return orientation >= 5 ? height : width; }
  std::int64_t upright_height() const { return orientation >= 5 ? width : height; }
};

// Format, size and orientation. Throws: zero bytes, another format, an animation, more than
// `limits`, a header that is damaged.
ImageHeader read_image_header(std::string_view bytes, const ImageLimits& limits = {});

// What will be made of the pixels, so that a decoder can leave work undone.
struct DecodeWish {
  // The part that is needed; of the upright picture when the header's orientation is to be applied.
  std::optional<Box> box;
  // The part will be resized to this. A JPEG is then decoded at 1/2, 1/4 or 1/8 in the DCT domain,
  // the least of them that is not below this size (the steps between cost more than the whole, for
  // libjpeg-turbo has no vector code for them). 0: full size.
  std::int64_t width = 0, height = 0;
};

// The pixels of `wish.box` at least, and around it whatever the format gives, upright. `header` is
// that of `bytes`; set its orientation to 1 to leave the picture as it is stored.
void decode_picture(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                    Picture& picture);

// The same of a JPEG in grey, or in YCbCr with both colours sampled alike, as it is stored, before
// it becomes RGB: all columns, and the rows from the first to the box's last. `wish` is in stored
// pixels, and the orientation is left alone. False, and nothing is decoded: another format, other
// colours.
bool decode_planes(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                   Planes& planes);

// The whole picture, upright, at full size.
Pixels decode_image(std::string_view bytes, const ImageLimits& limits = {});

}  // namespace candor
