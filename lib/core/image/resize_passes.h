// SPDX-License-Identifier: Apache-2.0
// The two inner loops of a resize; private to resize.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "core/image/resize.h"

namespace candor {

inline constexpr int kRowBits = 6;  // after the point, in a row between the passes

struct ResizePasses {
  // Mixes `rows` by their weights into `out`: `values` bytes each, and up to Picture::kSlack more
  // are read and written.
  void (*down)(const std::vector<const std::uint8_t*>& rows, const std::int16_t* weights,
               std::int64_t values, std::int16_t* out);
  // One such row, four values a pixel, to taps.outputs pixels of three bytes.
  void (*across)(const std::int16_t* row, const Taps& taps, std::uint8_t* out);
};

bool has_avx2_passes();
ResizePasses resize_passes(ResizeCode code);

}  // namespace candor
