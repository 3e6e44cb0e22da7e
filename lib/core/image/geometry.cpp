// SPDX-License-Identifier: Apache-2.0
#include "core/image/geometry.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

namespace candor {
namespace {

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

void sample_nearest(const Pixels& image, double y, double x, std::uint8_t* out) {
  const auto* pixel = pixel_at(image, static_cast<std::int64_t>(std::nearbyint(y)),
                               static_cast<std::int64_t>(std::nearbyint(x)));
  if (pixel != nullptr) std::memcpy(out, pixel, 3);
}

// Every pixel of a black image is drawn by `draw(y, x, out)`.
template <class Draw>
Pixels drawn(const Pixels& image, const Draw& draw) {
  Pixels result{image.height, image.width, std::vector<std::uint8_t>(image.rgb.size(), 0)};
  auto* out = result.rgb.data();
  for (std::int64_t row = 0; row < image.height; ++row) {
    for (std::int64_t column = 0; column < image.width; ++column, out += 3) {
      draw(static_cast<double>(row), static_cast<double>(column), out);
    }
  }
  return result;
}

// The place in [0, size) that stands for `at`, any place, when the line is mirrored at its ends.
std::int64_t reflected(std::int64_t at, std::int64_t size) {
  const auto period = std::max<std::int64_t>(1, 2 * (size - 1));
  const auto place = (at % period + period) % period;
  return place < size ? place : period - place;
}

}  // namespace

Pixels rotated(const Pixels& image, double degrees, Sampling sampling) {
  const double angle = degrees * std::numbers::pi / 180.0;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double center_y = static_cast<double>(image.height - 1) / 2.0;
  const double center_x = static_cast<double>(image.width - 1) / 2.0;
  return drawn(image, [&](double row, double column, std::uint8_t* out) {
    const double y = row - center_y;
    const double x = column - center_x;
    const double from_y = center_y + sine * x + cosine * y;
    const double from_x = center_x + cosine * x - sine * y;
    if (sampling == Sampling::nearest) return sample_nearest(image, from_y, from_x, out);
    sample(image, from_y, from_x, out);
  });
}

Pixels sheared(const Pixels& image, double across, double down) {
  return drawn(image, [&](double row, double column, std::uint8_t* out) {
    sample_nearest(image, row + down * (column + 0.5), column + across * (row + 0.5), out);
  });
}

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

Pixels shifted_reflecting(const Pixels& image, std::int64_t down, std::int64_t right) {
  Pixels result{image.height, image.width, std::vector<std::uint8_t>(image.rgb.size())};
  std::vector<std::int64_t> columns;
  for (std::int64_t x = 0; x < image.width; ++x) {
    columns.push_back(reflected(x - right, image.width));
  }
  auto* out = result.rgb.data();
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto* row = image.rgb.data() + reflected(y - down, image.height) * image.width * 3;
    for (const auto x : columns) out = std::copy_n(row + x * 3, 3, out);
  }
  return result;
}

void mirror(Pixels& image) {
  for (std::int64_t y = 0; y < image.height; ++y) {
    auto* row = image.rgb.data() + y * image.width * 3;
    for (std::int64_t x = 0; x < image.width / 2; ++x) {
      std::swap_ranges(row + x * 3, row + x * 3 + 3, row + (image.width - 1 - x) * 3);
    }
  }
}

void turn_over(Pixels& image) {
  const auto stride = image.width * 3;
  for (std::int64_t y = 0; y < image.height / 2; ++y) {
    auto* row = image.rgb.data() + y * stride;
    std::swap_ranges(row, row + stride, image.rgb.data() + (image.height - 1 - y) * stride);
  }
}

void paint_black(Pixels& image, const Box& box) {
  for (std::int64_t y = box.y; y < box.y + box.height; ++y) {
    auto* row = image.rgb.data() + (y * image.width + box.x) * 3;
    std::fill(row, row + box.width * 3, std::uint8_t{0});
  }
}

}  // namespace candor
