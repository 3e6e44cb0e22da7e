// SPDX-License-Identifier: Apache-2.0
#include "core/image/prepare.h"

#include <algorithm>

#include "core/image/planes.h"
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

Planes& scratch_planes() {
  thread_local Planes planes;
  return planes;
}

void resize_to(const Picture& picture, const Box& box, const ImagePreparation& preparation,
               Pixels& out) {
  resize(picture, box, preparation.size, preparation.size, preparation.interpolation, out);
}

// Pixels of a square as an EXIF orientation says.
void turn_square(int orientation, const ImagePreparation& preparation, Pixels& out) {
  if (orientation == 1) return;
  thread_local Picture stored, upright;
  to_picture(out, stored);
  turn_upright(stored, orientation, out.width, out.height, upright);
  resize_to(upright, {0, 0, out.width, out.height}, preparation, out);
}

// Brightness and colours apart, and turned when they are small; false: not that kind of file.
bool prepare_planes(std::string_view bytes, const ImageHeader& header,
                    const ImagePreparation& preparation, const Box& box, Pixels& out) {
  const auto size = preparation.size;
  const auto least = preparation.scaled_decoding ? size : 0;
  const DecodeWish wish{stored_box(box, header.orientation, header.width, header.height), least,
                        least};
  auto& planes = scratch_planes();
  if (!decode_planes(bytes, header, wish, planes)) return false;
  resize_planes(planes, *wish.box, size, size, preparation.interpolation, out);
  planes.trim();
  turn_square(header.orientation, preparation, out);
  return true;
}

}  // namespace

void prepare_part(std::string_view bytes, const ImagePreparation& preparation,
                  const ImageLimits& limits, const ChooseBox& choose, Pixels& out) {
  auto header = read_image_header(bytes, limits);
  if (!preparation.upright) header.orientation = 1;
  const auto width = header.upright_width(), height = header.upright_height();
  const auto box = choose(width, height);
  if (preparation.planes && prepare_planes(bytes, header, preparation, box, out)) return;
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
