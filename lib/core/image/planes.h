// SPDX-License-Identifier: Apache-2.0
// A decoded JPEG as it is stored: brightness and, often at half the size, two colours. Resizing
// each of them before they become RGB spares the work of enlarging and converting pixels that the
// resize would throw away. Buffers grow and stay, as those of a Picture.
#pragma once

#include <candor/config.h>

#include <array>
#include <cstdint>
#include <memory>

#include "core/image/picture.h"
#include "core/image/resize.h"
#include "core/schema/signature.h"

namespace candor {

struct Plane {
  std::int64_t width = 0, height = 0;  // samples that count
  std::int64_t stride = 0;             // samples from one row to the next
  // Samples for each pixel of the stored picture at full size; sample (0, 0) covers its upper left
  // corner.
  double across = 1.0, down = 1.0;

  // Room for `rows` rows of `new_stride` samples, whose values are undefined, and a few more that
  // may be read.
  void reset(std::int64_t new_stride, std::int64_t rows);
  void trim();
  std::uint8_t* row(std::int64_t y) { return bytes_.get() + y * stride; }
  const std::uint8_t* row(std::int64_t y) const { return bytes_.get() + y * stride; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
};

// Grey, or Y, Cb and Cr of JFIF (ITU-T T.871, section 7), all from 0 to 255. Cb and Cr are of one
// size.
struct Planes {
  std::array<Plane, 3> plane;
  int count = 0;  // 1 or 3

  void trim();
};

// `box`, in pixels of the stored picture at full size, to height x width pixels of RGB, each plane
// as resize() does it. The same bits on every machine.
void resize_planes(const Planes& planes, const Box& box, std::int64_t height, std::int64_t width,
                   Interpolation interpolation, Pixels& out);
void resize_planes_with(ResizeCode code, const Planes& planes, const Box& box, std::int64_t height,
                        std::int64_t width, Interpolation interpolation, Pixels& out);

}  // namespace candor
