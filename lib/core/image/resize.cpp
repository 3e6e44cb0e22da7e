// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/image/image.h"

namespace candor {
namespace {

// Which inputs one output mixes, and how much of each.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;  // sum 1
};

std::vector<Taps> triangle_taps(std::int64_t in, std::int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double support = std::max(1.0, scale);
  std::vector<Taps> all(static_cast<std::size_t>(out));
  for (std::int64_t i = 0; i < out; ++i) {
    const double center = scale * (static_cast<double>(i) + 0.5);
    auto& taps = all[static_cast<std::size_t>(i)];
    taps.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - support + 0.5));
    const auto last = std::min(in, static_cast<std::int64_t>(center + support + 0.5));
    double sum = 0.0;
    std::vector<double> weights;
    for (auto j = taps.first; j < last; ++j) {
      const double distance = std::abs((static_cast<double>(j) + 0.5 - center) / support);
      sum += weights.emplace_back(std::max(0.0, 1.0 - distance));
    }
    for (const auto weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

// [H, W, 3] bytes -> [H, out, 3] floats.
std::vector<float> across(const Pixels& image, std::int64_t width) {
  const auto taps = triangle_taps(image.width, width);
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(image.height * width * 3));
  for (std::int64_t y = 0; y < image.height; ++y) {
    const auto* row = image.rgb.data() + y * image.width * 3;
    for (const auto& tap : taps) {
      float sums[3] = {};
      const auto* pixel = row + tap.first * 3;
      for (const auto weight : tap.weights) {
        for (int c = 0; c < 3; ++c) sums[c] += weight * static_cast<float>(*pixel++);
      }
      result.insert(result.end(), sums, sums + 3);
    }
  }
  return result;
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0f, 255.0f)));
}

// [H, W, 3] floats -> [out, W, 3] bytes.
std::vector<std::uint8_t> down(const std::vector<float>& rows, std::int64_t in, std::int64_t out) {
  const auto stride = rows.size() / static_cast<std::size_t>(in);
  std::vector<std::uint8_t> result;
  result.reserve(stride * static_cast<std::size_t>(out));
  std::vector<float> sums(stride);
  for (const auto& tap : triangle_taps(in, out)) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    const auto* row = rows.data() + static_cast<std::size_t>(tap.first) * stride;
    for (const auto weight : tap.weights) {
      for (std::size_t i = 0; i < stride; ++i) sums[i] += weight * row[i];
      row += stride;
    }
    std::transform(sums.begin(), sums.end(), std::back_inserter(result), to_byte);
  }
  return result;
}

void check(const Pixels& image) {
  const bool sides = image.height >= 1 && image.width >= 1;
  if (sides && image.rgb.size() == static_cast<std::size_t>(image.height * image.width * 3)) return;
  throw Error(ErrorKind::request, "the image has " + std::to_string(image.rgb.size()) +
                                      " bytes of pixels; " + std::to_string(image.height) + " x " +
                                      std::to_string(image.width) +
                                      " x 3 are expected, at least one pixel");
}

}  // namespace

Pixels resize(const Pixels& image, std::int64_t height, std::int64_t width) {
  check(image);
  if (height == image.height && width == image.width) return image;
  return {height, width, down(across(image, width), image.height, height)};
}

}  // namespace candor
