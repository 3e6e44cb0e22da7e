// SPDX-License-Identifier: Apache-2.0
// JPEG files for tests.
#pragma once

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <jpeglib.h>

#include "core/base/random.h"
#include "core/schema/signature.h"

namespace candor::test {

struct JpegForm {
  int quality = 90;
  int across = 2, down = 2;  // luminance samples for each of colour; 2, 2 is 4:2:0
  bool progressive = false;
  int red_across = 1, red_down = 1;  // samples of Cr for each of Cb
};

inline std::string encode_jpeg(const Pixels& image, const JpegForm& form = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, form.quality, TRUE);
  info.comp_info[0].h_samp_factor = form.across;
  info.comp_info[0].v_samp_factor = form.down;
  info.comp_info[2].h_samp_factor = form.red_across;
  info.comp_info[2].v_samp_factor = form.red_down;
  if (form.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<std::uint8_t*>(image.rgb.data()) + info.next_scanline * image.width * 3;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string result(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return result;
}

// Slopes and grain, of another kind for every seed.
inline Pixels photograph(std::int64_t width, std::int64_t height, std::uint64_t seed = 1) {
  const RandomStream stream(seed, "photograph");
  Pixels image{height, width, {}};
  image.rgb.reserve(static_cast<std::size_t>(width * height * 3));
  const auto slope = [&](std::uint64_t at) {
    return static_cast<std::int64_t>(stream.below(at, 9));
  };
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        const auto at = static_cast<std::uint64_t>((y * width + x) * 3 + c) + 100;
        const auto grain = static_cast<std::int64_t>(stream.below(at, 40));
        const auto level = x * slope(static_cast<std::uint64_t>(c)) +
                           y * slope(static_cast<std::uint64_t>(c) + 3) + 60 * c;
        image.rgb.push_back(static_cast<std::uint8_t>(
            (level % 400 < 200 ? level % 200 : 200 - level % 200) + grain));
      }
    }
  }
  return image;
}

}  // namespace candor::test
