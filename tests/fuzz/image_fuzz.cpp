// SPDX-License-Identifier: Apache-2.0
// Encoded images, told apart by content: the whole, and a part of it at a smaller size.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <candor/error.h>

#include "core/image/prepare.h"

using namespace candor;

namespace {

constexpr ImageLimits kSmall{1 << 20, 2048, 1 << 20};

// A part that the picture's size decides, so that it lies elsewhere for every input.
Box some_part(std::int64_t width, std::int64_t height) {
  Box box;
  box.x = width / 3;
  box.y = height / 5;
  box.width = (width - box.x + 1) / 2;
  box.height = height - box.y;
  return box;
}

template <class F>
void refused_or_done(const F& call) {
  try {
    call();
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ImagePreparation preparation;
  preparation.size = size % 5 == 0 ? 300 : 24;
  preparation.scaled_decoding = size % 7 < 4;
  preparation.planes = preparation.upright = size % 2 == 0;
  preparation.interpolation = size % 3 == 0 ? Interpolation::bicubic : Interpolation::bilinear;
  Pixels out;
  refused_or_done([&] { decode_image(bytes, kSmall); });
  refused_or_done([&] { prepare_image(bytes, preparation, kSmall, out); });
  refused_or_done([&] { prepare_part(bytes, preparation, kSmall, some_part, out); });
  return 0;
}
