// SPDX-License-Identifier: Apache-2.0
// The decoders behind decode.h; each is given bytes that start with its format's signature.
#pragma once

#include <string>
#include <string_view>

#include "core/image/decode.h"
#include "core/image/planes.h"

namespace candor {

// Size and orientation, no limits checked.
ImageHeader read_jpeg_header(std::string_view bytes);
ImageHeader read_png_header(std::string_view bytes);
ImageHeader read_webp_header(std::string_view bytes);

// The picture as it is stored; `box` of the wish is in stored pixels.
void decode_jpeg(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                 Picture& picture);
// decode_planes() of a JPEG.
bool decode_jpeg_planes(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                        Planes& planes);
void decode_png(std::string_view bytes, Picture& picture);
void decode_webp(std::string_view bytes, const ImageHeader& header, Picture& picture);

// Throws Error{request} "the image <what>".
[[noreturn]] void refuse_image(const std::string& what);
// "the image is truncated or damaged (<what>)".
[[noreturn]] void refuse_damaged(const std::string& what);

}  // namespace candor
