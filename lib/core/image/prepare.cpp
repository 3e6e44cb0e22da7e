// SPDX-License-Identifier: Apache-2.0
#include "core/image/prepare.h"

#include <algorithm>

#include "core/image/resize.h"

namespace candor {
namespace {

// One a thread, so that no image allocates.
Picture& scratch_picture() {
  thread_local Picture picture;
  return picture;
}

Box whole_or_middle(ResizeMode mode, std::int64_t width, std::int64_t height) {
  if (mode == ResizeMode::squash) return {0, 0, width, height};
  const auto side = std::min(width, height);
  return {(width - side) / 2, (height - side) / 2, side, side};
}

void resize_to(const Picture& picture, const Box& box, const ImagePreparation& preparation,
               Pixels& out) {
  resize(picture, box, preparation.size, preparation.size, preparation.interpolation, out);
}

}  // namespace

void prepare_part(std::string_view bytes, const ImagePreparation& preparation,
                  const ImageLimits& limits, const ChooseBox& choose, Pixels& out) {
  auto header = read_image_header(bytes, limits);
  if (!preparation.upright) header.orientation = 1;
  const auto width = header.upright_width(), height = header.upright_height();
  const auto box = choose(width, height);
  DecodeWish wish;
  if (box != Box{0, 0, width, height}) wish.box = box;
  if (preparation.scaled_decoding) wish.width = wish.height = preparation.size;
  auto& picture = scratch_picture();
  decode_picture(bytes, header, wish, picture);
  resize_to(picture, box, preparation, out);
  picture.trim();
}

void prepare_image(std::string_view bytes, const ImagePreparation& preparation,
                   const ImageLimits& limits, Pixels& out) {
  const auto choose = [&](std::int64_t width, std::int64_t height) {
    return whole_or_middle(preparation.resize, width, height);
  };
  prepare_part(bytes, preparation, limits, choose, out);
}

void prepare_pixels(const Pixels& pixels, const ImagePreparation& preparation, Pixels& out) {
  auto& picture = scratch_picture();
  to_picture(pixels, picture);
  resize_to(picture, whole_or_middle(preparation.resize, pixels.width, pixels.height), preparation,
            out);
  picture.trim();
}

void write_planar(const Pixels& image, std::uint8_t* out) {
  const auto plane = image.rgb.size() / 3;
  const auto* from = image.rgb.data();
  auto* red = out;
  auto* green = out + plane;
  auto* blue = out + 2 * plane;
  for (std::size_t i = 0; i < plane; ++i, from += 3) {
    red[i] = from[0];
    green[i] = from[1];
    blue[i] = from[2];
  }
}

}  // namespace candor
