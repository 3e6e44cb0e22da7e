// SPDX-License-Identifier: Apache-2.0
// The decoders behind decode_image(); each is given bytes that start with its format's signature.
#pragma once

#include <string>
#include <string_view>

#include "core/image/image.h"

namespace candor {

Pixels decode_jpeg(std::string_view bytes, const ImageLimits& limits);
Pixels decode_png(std::string_view bytes, const ImageLimits& limits);

// Throws Error{request} "the image <what>".
[[noreturn]] void refuse_image(const std::string& what);

// Throws unless 1 <= width, height <= max_side and width * height <= max_pixels.
void check_image_size(std::int64_t width, std::int64_t height, const ImageLimits& limits);

}  // namespace candor
