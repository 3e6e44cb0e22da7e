// SPDX-License-Identifier: Apache-2.0
// The inner loops of a resize; private to resize.cpp and planes.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "core/image/resize.h"

namespace candor {

inline constexpr int kRowBits = 6;    // after the point, in a row between the passes
inline constexpr int kPlaneBits = 4;  // and in a resized row of one plane

struct ResizePasses {
  // Mixes `rows` by their weights into `out`: `values` bytes each, and up to Picture::kSlack more
  // are read and written.
  void (*down)(const std::vector<const std::uint8_t*>& rows, const std::int16_t* weights,
               std::int64_t values, std::int16_t* out);
  // One such row, four values a pixel, to taps.outputs pixels of three bytes.
  void (*across)(const std::int16_t* row, const Taps& taps, std::uint8_t* out);
  // One such row, one value a pixel, to taps.outputs values of kPlaneBits.
  void (*across_plane)(const std::int16_t* row, const Taps& taps, std::int16_t* out);
  // `count` values of kPlaneBits each to pixels of three bytes (ITU-T T.871, section 7: Cb and Cr
  // are 128 where there is no colour).
  void (*to_rgb)(const std::int16_t* y, const std::int16_t* cb, const std::int16_t* cr,
                 std::int64_t count, std::uint8_t* out);
  void (*grey_to_rgb)(const std::int16_t* y, std::int64_t count, std::uint8_t* out);
};

bool has_avx2_passes();
ResizePasses resize_passes(ResizeCode code);

}  // namespace candor
