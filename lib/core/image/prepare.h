// SPDX-License-Identifier: Apache-2.0
// The host stage of images: from encoded bytes to the pixels that the model sees. Training,
// evaluation, prediction and serving all go through here.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/image/decode.h"

namespace candor {

// What a model was trained with; saved in preprocess.json. Defaults are those of files without the
// field, written before there was a choice.
struct ImagePreparation {
  std::int64_t size = 0;  // height and width that the model sees
  // squash: the whole picture; crop: the largest square in its middle.
  ResizeMode resize = ResizeMode::squash;
  Interpolation interpolation = Interpolation::bilinear;
  bool scaled_decoding = false;  // JPEG at 1/2, 1/4 or 1/8 where that is still above `size`
  bool planes = false;           // of a JPEG in grey or YCbCr, resize each plane, then make RGB
  bool upright = false;          // apply the EXIF orientation
};

// Decoded and resized, [size, size, 3]. Throws Error{request} as read_image_header() and
// decode_picture() do.
void prepare_image(std::string_view bytes, const ImagePreparation& preparation,
                   const ImageLimits& limits, Pixels& out);

// The same of a part that `choose` picks, given the upright picture's width and height.
using ChooseBox = std::function<Box(std::int64_t width, std::int64_t height)>;
void prepare_part(std::string_view bytes, const ImagePreparation& preparation,
                  const ImageLimits& limits, const ChooseBox& choose, Pixels& out);

// Pixels that a client decoded.
void prepare_pixels(const Pixels& pixels, const ImagePreparation& preparation, Pixels& out);

// Interleaved [H, W, 3] to planar [3, H, W]; `out` has room for as many bytes.
void write_planar(const Pixels& image, std::uint8_t* out);

}  // namespace candor
