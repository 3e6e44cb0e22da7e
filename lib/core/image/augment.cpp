// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/image/image.h"

namespace candor {
namespace {

// Positions in the stream; see image.h.
constexpr std::uint64_t kAngle = 0;
constexpr std::uint64_t kTop = 1;
constexpr std::uint64_t kLeft = 2;
constexpr std::uint64_t kMirror = 3;

// The pixel at (y, x), or nullptr outside.
const std::uint8_t* pixel_at(const Pixels& image, std::int64_t y, std::int64_t x) {
  if (y < 0 || x < 0 || y >= image.height || x >= image.width) return nullptr;
  return image.rgb.data() + (y * image.width + x) * 3;
}

// Mixes the four pixels around (y, x), in pixel centres; what lies outside is zero.
void sample(const Pixels& image, double y, double x, std::uint8_t* out) {
  const auto top = static_cast<std::int64_t>(std::floor(y));
  const auto left = static_cast<std::int64_t>(std::floor(x));
  const double down = y - static_cast<double>(top);
  const double right = x - static_cast<double>(left);
  double sums[3] = {};
  for (int i = 0; i < 4; ++i) {
    const auto* pixel = pixel_at(image, top + i / 2, left + i % 2);
    if (pixel == nullptr) continue;
    const double weight = (i / 2 ? down : 1.0 - down) * (i % 2 ? right : 1.0 - right);
    for (int c = 0; c < 3; ++c) sums[c] += weight * pixel[c];
  }
  for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(std::lround(sums[c]));
}

Pixels rotated(const Pixels& image, double degrees) {
  const double angle = degrees * std::numbers::pi / 180.0;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double center_y = static_cast<double>(image.height - 1) / 2.0;
  const double center_x = static_cast<double>(image.width - 1) / 2.0;
  Pixels result{image.height, image.width, std::vector<std::uint8_t>(image.rgb.size())};
  auto* out = result.rgb.data();
  for (std::int64_t row = 0; row < image.height; ++row) {
    for (std::int64_t column = 0; column < image.width; ++column, out += 3) {
      const double y = static_cast<double>(row) - center_y;
      const double x = static_cast<double>(column) - center_x;
      sample(image, center_y + sine * x + cosine * y, center_x + cosine * x - sine * y, out);
    }
  }
  return result;
}

// The image moved by whole pixels, zero where nothing comes in: padding and crop in one.
Pixels shifted(const Pixels& image, std::int64_t down, std::int64_t right) {
  Pixels result{image.height, image.width, std::vector<std::uint8_t>(image.rgb.size(), 0)};
  const auto first = std::clamp<std::int64_t>(right, 0, image.width);
  const auto last = std::clamp<std::int64_t>(image.width + right, 0, image.width);
  if (first >= last) return result;
  const auto end = std::min(image.height, image.height + down);
  for (auto y = std::max<std::int64_t>(0, down); y < end; ++y) {
    const auto* from = image.rgb.data() + ((y - down) * image.width + first - right) * 3;
    std::copy_n(from, (last - first) * 3, result.rgb.data() + (y * image.width + first) * 3);
  }
  return result;
}

Pixels mirrored(Pixels image) {
  for (std::int64_t y = 0; y < image.height; ++y) {
    auto* row = image.rgb.data() + y * image.width * 3;
    for (std::int64_t x = 0; x < image.width / 2; ++x) {
      std::swap_ranges(row + x * 3, row + x * 3 + 3, row + (image.width - 1 - x) * 3);
    }
  }
  return image;
}

}  // namespace

Pixels augment(const Pixels& image, const AugmentConfig& config, const RandomStream& stream) {
  Pixels result = image;
  if (config.rotate > 0) {
    result = rotated(result, (2.0 * stream.uniform(kAngle) - 1.0) * config.rotate);
  }
  if (config.crop > 0) {
    const auto offsets = static_cast<std::uint64_t>(2 * config.crop + 1);
    const auto top = static_cast<std::int64_t>(stream.below(kTop, offsets));
    const auto left = static_cast<std::int64_t>(stream.below(kLeft, offsets));
    result = shifted(result, config.crop - top, config.crop - left);
  }
  if (config.flip && stream.below(kMirror, 2) == 1) result = mirrored(std::move(result));
  return result;
}

void write_planar(const Pixels& image, std::uint8_t* out) {
  const auto plane = image.rgb.size() / 3;
  for (std::size_t i = 0; i < plane; ++i) {
    out[i] = image.rgb[3 * i];
    out[plane + i] = image.rgb[3 * i + 1];
    out[2 * plane + i] = image.rgb[3 * i + 2];
  }
}

}  // namespace candor
