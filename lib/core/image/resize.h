// SPDX-License-Identifier: Apache-2.0
// Antialiased resize: a separable filter, widened by the scale when shrinking (torch
// interpolate(antialias=True, align_corners=False); at most 1 of 255 away from torch in float).
//
// In fixed point, so that every machine gives the same pixels: weights of 14 bits, rows mixed first
// and kept with 6 bits after the point, then columns.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <vector>

#include "core/image/picture.h"
#include "core/schema/signature.h"

namespace candor {

// `box`, in pixels of the whole picture at full size, to height x width pixels. Nothing outside the
// box counts. The picture holds the box (decode_picture), and `box` has one pixel at least.
void resize(const Picture& picture, const Box& box, std::int64_t height, std::int64_t width,
            Interpolation interpolation, Pixels& out);

// A whole image. Throws Error{request} when `rgb` does not hold height x width x 3 bytes of at
// least one pixel.
Pixels resize(const Pixels& image, std::int64_t height, std::int64_t width,
              Interpolation interpolation = Interpolation::bilinear);

// RGB to a Picture. Throws as above.
void to_picture(const Pixels& image, Picture& picture);

// ---- the parts, for tests --------------------------------------------------------------------

// Which inputs each output mixes, and how much of each.
struct Taps {
  static constexpr int kWeightBits = 14;
  std::int64_t outputs = 0;
  std::int64_t count = 0;             // weights of each output, a multiple of 4; unused ones are 0
  std::vector<std::int64_t> first;    // [outputs] first input of each
  std::vector<std::int16_t> weights;  // [outputs, count]; those of one output sum to 2^14
};

// Outputs spread over [start, start + length) of `inputs` pixels.
void make_taps(double start, double length, std::int64_t inputs, std::int64_t outputs,
               Interpolation interpolation, Taps& taps);

// How the passes are computed. Both give the same bits.
enum class ResizeCode { portable, avx2 };
ResizeCode fastest_resize_code();
void resize_with(ResizeCode code, const Picture& picture, const Box& box, std::int64_t height,
                 std::int64_t width, Interpolation interpolation, Pixels& out);

}  // namespace candor
