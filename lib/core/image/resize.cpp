// SPDX-License-Identifier: Apache-2.0
#include "core/image/resize.h"

#include <candor/error.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/image/resize_passes.h"

namespace candor {
namespace {

// Everything that a thread keeps from one image to the next.
struct Scratch {
  Taps down, across;
  std::vector<std::int16_t> row;  // one output row, not yet resized across
  std::vector<const std::uint8_t*> inputs;
};

void check(const Pixels& image) {
  const bool sides = image.height >= 1 && image.width >= 1;
  if (sides &&
      image.rgb.size() / 3 / static_cast<std::size_t>(image.width) ==
          static_cast<std::size_t>(image.height) &&
      image.rgb.size() == static_cast<std::size_t>(image.height * image.width * 3)) {
    return;
  }
  throw Error(ErrorKind::request, "the image has " + std::to_string(image.rgb.size()) +
                                      " bytes of pixels; " + std::to_string(image.height) + " x " +
                                      std::to_string(image.width) +
                                      " x 3 are expected, at least one pixel");
}

// The box is the picture and has the size already.
bool is_copy(const Picture& picture, const Box& box, std::int64_t height, std::int64_t width) {
  return picture.scale == 1.0 && box.width == width && box.height == height;
}

void copy(const Picture& picture, const Box& box, Pixels& out) {
  auto* to = out.rgb.data();
  for (std::int64_t y = 0; y < box.height; ++y) {
    const auto* from =
        picture.row(box.y - picture.top + y) + (box.x - picture.left) * Picture::kChannels;
    for (std::int64_t x = 0; x < box.width; ++x, from += Picture::kChannels, to += 3) {
      std::memcpy(to, from, 3);
    }
  }
}

}  // namespace

ResizeCode fastest_resize_code() {
  static const bool avx2 = has_avx2_passes();
  return avx2 ? ResizeCode::avx2 : ResizeCode::portable;
}

void resize_with(ResizeCode code, const Picture& picture, const Box& box, std::int64_t height,
                 std::int64_t width, Interpolation interpolation, Pixels& out) {
  thread_local Scratch scratch;
  out.height = height;
  out.width = width;
  out.rgb.resize(static_cast<std::size_t>(height * width * 3));
  if (is_copy(picture, box, height, width)) return copy(picture, box, out);
  const auto scaled = [&](std::int64_t length) {
    return static_cast<double>(length) * picture.scale;
  };
  make_taps(scaled(box.x) - static_cast<double>(picture.left), scaled(box.width), picture.width,
            width, interpolation, scratch.across);
  make_taps(scaled(box.y) - static_cast<double>(picture.top), scaled(box.height), picture.height,
            height, interpolation, scratch.down);
  const auto passes = resize_passes(code);
  // Taps beyond the row's end have weight 0, but are read.
  const auto values = picture.width * Picture::kChannels;
  scratch.row.assign(static_cast<std::size_t>(values + scratch.across.count * Picture::kChannels) +
                         Picture::kSlack,
                     0);
  scratch.inputs.resize(static_cast<std::size_t>(scratch.down.count));
  for (std::int64_t y = 0; y < height; ++y) {
    const auto first = scratch.down.first[static_cast<std::size_t>(y)];
    for (std::int64_t k = 0; k < scratch.down.count; ++k) {
      scratch.inputs[static_cast<std::size_t>(k)] =
          picture.row(std::min(first + k, picture.height - 1));
    }
    passes.down(scratch.inputs, scratch.down.weights.data() + y * scratch.down.count, values,
                scratch.row.data());
    passes.across(scratch.row.data(), scratch.across, out.rgb.data() + y * width * 3);
  }
}

void resize(const Picture& picture, const Box& box, std::int64_t height, std::int64_t width,
            Interpolation interpolation, Pixels& out) {
  resize_with(fastest_resize_code(), picture, box, height, width, interpolation, out);
}

void to_picture(const Pixels& image, Picture& picture) {
  check(image);
  picture.reset(image.width, image.height);
  auto* to = picture.row(0);
  for (std::size_t i = 0; i + 2 < image.rgb.size(); i += 3, to += Picture::kChannels) {
    std::memcpy(to, image.rgb.data() + i, 3);
    to[3] = 0xFF;
  }
}

Pixels resize(const Pixels& image, std::int64_t height, std::int64_t width,
              Interpolation interpolation) {
  Picture picture;
  to_picture(image, picture);
  Pixels out;
  resize(picture, {0, 0, image.width, image.height}, height, width, interpolation, out);
  return out;
}

}  // namespace candor
