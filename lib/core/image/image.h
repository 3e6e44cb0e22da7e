// SPDX-License-Identifier: Apache-2.0
// Images on the host: decode, resize, augment. 8-bit RGB, interleaved [height, width, 3].
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/schema/signature.h"

namespace candor {

// Checked against the header before any pixel is allocated.
struct ImageLimits {
  std::int64_t max_bytes = 10ll << 20;
  std::int64_t max_side = 8192;
  std::int64_t max_pixels = 16'000'000;
};

// JPEG (libturbojpeg: RGB, grey, CMYK by Adobe's convention) or PNG (libpng: all colour types and
// depths, transparency over black, 16 bits scaled to 8), told apart by content and not by name.
// Throws Error{request} whose text starts with "the image": zero bytes, neither JPEG nor PNG,
// truncated or damaged, too large (what is allowed). Callers that read files turn it into
// Error{data} with the path.
Pixels decode_image(std::string_view bytes, const ImageLimits& limits = {});

// Antialiased bilinear (triangle filter widened by the scale when shrinking), as torch
// interpolate(mode="bilinear", antialias=True, align_corners=False) in float, rounded to nearest.
// Throws Error{request} when `rgb` does not hold height x width x 3 bytes of at least one pixel.
Pixels resize(const Pixels& image, std::int64_t height, std::int64_t width);

// Rotation about the centre (counter-clockwise, bilinear, zero outside), zero padding and crop,
// mirror, in that order. Size is kept. A pure function of `stream` (one per seed, epoch and
// sample), whose positions are: 0 angle, 1 top and 2 left of the crop, 3 mirror; a step that is off
// draws nothing, so switching one off leaves the others as they were.
Pixels augment(const Pixels& image, const AugmentConfig& config, const RandomStream& stream);

// Interleaved [H, W, 3] to planar [3, H, W]; `out` has room for as many bytes.
void write_planar(const Pixels& image, std::uint8_t* out);

// True for .jpg, .jpeg and .png, in any case.
bool is_image_name(const std::filesystem::path& path);

// The bytes of an encoded image. Throws Error{data} naming the path: cannot be read, or larger than
// any image that is allowed (which is found before it is read).
std::string read_image_file(const std::filesystem::path& path, const ImageLimits& limits = {});

struct ImageFile {
  std::string path;
  std::int64_t label = 0;
};

// Class folders of `folder` in sorted order, and their files (.jpg .jpeg .png, any case) in sorted
// order; names that start with a dot are passed over. Throws Error{data}: no folder, fewer than two
// classes, a class without images.
struct ImageFolder {
  std::vector<std::string> labels;
  std::vector<ImageFile> files;
};
ImageFolder list_images(const std::filesystem::path& folder);

}  // namespace candor
