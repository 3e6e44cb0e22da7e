// SPDX-License-Identifier: Apache-2.0
#include "core/image/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace candor {
namespace {

using Table = std::array<std::uint8_t, 256>;

// Cut off, not rounded, as a cast does.
std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0f, 255.0f));
}

template <class F>
void for_each_pixel(Pixels& image, const F& change) {
  for (std::size_t i = 0; i + 2 < image.rgb.size(); i += 3) change(image.rgb.data() + i);
}

// Luma of ITU-R BT.601.
std::uint8_t grey_of(const std::uint8_t* pixel) {
  return to_byte(0.2989f * static_cast<float>(pixel[0]) + 0.587f * static_cast<float>(pixel[1]) +
                 0.114f * static_cast<float>(pixel[2]));
}

// `factor` of a value and 1 - factor of another one.
struct Mix {
  explicit Mix(double factor)
      : own(static_cast<float>(factor)), other(static_cast<float>(1.0 - factor)) {}
  std::uint8_t operator()(std::uint8_t value, float second) const {
    return to_byte(own * static_cast<float>(value) + other * second);
  }
  float own, other;
};

// One table for all channels.
void map_values(Pixels& image, const Table& table) {
  for (auto& value : image.rgb) value = table[value];
}

template <class F>
Table table_of(const F& value) {
  Table table{};
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = value(i);
  return table;
}

void map_values(Pixels& image, std::size_t channel, const Table& table) {
  for (std::size_t i = channel; i < image.rgb.size(); i += 3) image.rgb[i] = table[image.rgb[i]];
}

// Hue, saturation, value, each 0 to 1; as Smith 1978 and torchvision's _rgb2hsv.
struct Hsv {
  float hue, saturation, value;
};

Hsv to_hsv(const std::uint8_t* pixel) {
  const float r = static_cast<float>(pixel[0]) / 255.0f, g = static_cast<float>(pixel[1]) / 255.0f,
              b = static_cast<float>(pixel[2]) / 255.0f;
  const float high = std::max({r, g, b}), low = std::min({r, g, b});
  const float range = high - low;
  if (range == 0.0f) return {0.0f, 0.0f, high};
  const float rc = (high - r) / range, gc = (high - g) / range, bc = (high - b) / range;
  const float sector = high == r ? bc - gc : high == g ? 2.0f + rc - bc : 4.0f + gc - rc;
  return {std::fmod(sector / 6.0f + 1.0f, 1.0f), range / high, high};
}

void from_hsv(const Hsv& hsv, std::uint8_t* pixel) {
  const float sector = std::floor(hsv.hue * 6.0f), f = hsv.hue * 6.0f - sector;
  const auto clamp = [](float x) { return std::clamp(x, 0.0f, 1.0f); };
  const float v = hsv.value, s = hsv.saturation;
  const float p = clamp(v * (1.0f - s)), q = clamp(v * (1.0f - s * f)),
              t = clamp(v * (1.0f - s * (1.0f - f)));
  const std::array<std::array<float, 3>, 6> all = {
      {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}};
  const auto& rgb = all[static_cast<std::size_t>(sector) % 6];
  constexpr float kAllBytes = 256.0f - 1e-3f;  // every byte takes an equal part of 0 to 1
  for (std::size_t c = 0; c < 3; ++c) pixel[c] = to_byte(rgb[c] * kAllBytes);
}

std::array<std::int64_t, 256> histogram(const Pixels& image, std::size_t channel) {
  std::array<std::int64_t, 256> counts{};
  for (std::size_t i = channel; i < image.rgb.size(); i += 3) ++counts[image.rgb[i]];
  return counts;
}

}  // namespace

void adjust_brightness(Pixels& image, double factor) {
  const auto f = static_cast<float>(factor);
  map_values(image, table_of([&](int i) { return to_byte(f * static_cast<float>(i)); }));
}

void adjust_contrast(Pixels& image, double factor) {
  std::int64_t sum = 0;
  for_each_pixel(image, [&](const std::uint8_t* pixel) { sum += grey_of(pixel); });
  const auto pixels = static_cast<double>(image.rgb.size() / 3);
  const auto mean = static_cast<float>(static_cast<double>(sum) / pixels);
  const Mix mix(factor);
  map_values(image, table_of([&](int i) { return mix(static_cast<std::uint8_t>(i), mean); }));
}

void adjust_saturation(Pixels& image, double factor) {
  const Mix mix(factor);
  for_each_pixel(image, [&](std::uint8_t* pixel) {
    const auto grey = static_cast<float>(grey_of(pixel));
    for (int c = 0; c < 3; ++c) pixel[c] = mix(pixel[c], grey);
  });
}

void adjust_sharpness(Pixels& image, double factor) {
  if (image.width <= 2 || image.height <= 2) return;
  const auto original = image.rgb;
  const Mix mix(factor);
  const auto stride = image.width * 3;
  // The middle counts 5, all others 1. An edge is mixed with itself, which may cost it a level.
  const auto blurred = [&](std::int64_t i) {
    int sum = 4 * original[static_cast<std::size_t>(i)];
    for (const auto row : {i - stride, i, i + stride}) {
      for (const auto at : {row - 3, row, row + 3}) sum += original[static_cast<std::size_t>(at)];
    }
    return std::nearbyint(static_cast<float>(sum) / 13.0f);
  };
  for (std::int64_t y = 0; y < image.height; ++y) {
    const bool edge = y == 0 || y + 1 == image.height;
    for (std::int64_t x = 0; x < stride; ++x) {
      const auto i = y * stride + x;
      auto& value = image.rgb[static_cast<std::size_t>(i)];
      const bool inside = !edge && x >= 3 && x < stride - 3;
      value = mix(value, inside ? blurred(i) : static_cast<float>(value));
    }
  }
}

void adjust_hue(Pixels& image, double turn) {
  const auto by = static_cast<float>(turn);
  for_each_pixel(image, [&](std::uint8_t* pixel) {
    auto hsv = to_hsv(pixel);
    hsv.hue = std::fmod(hsv.hue + by + 1.0f, 1.0f);
    from_hsv(hsv, pixel);
  });
}

void posterize(Pixels& image, int bits) {
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - bits));
  map_values(image, table_of([&](int i) { return static_cast<std::uint8_t>(i & mask); }));
}

void solarize(Pixels& image, double threshold) {
  map_values(image, table_of([&](int i) {
               return static_cast<std::uint8_t>(i >= threshold ? 255 - i : i);
             }));
}

void stretch_contrast(Pixels& image) {
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto counts = histogram(image, channel);
    int low = 0, high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0) ++low;
    while (high > 0 && counts[static_cast<std::size_t>(high)] == 0) --high;
    if (low >= high) continue;
    const float scale = 255.0f / static_cast<float>(high - low);
    map_values(image, channel,
               table_of([&](int i) { return to_byte(static_cast<float>(i - low) * scale); }));
  }
}

void equalize(Pixels& image) {
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto counts = histogram(image, channel);
    std::int64_t all = 0, last = 0;
    for (const auto count : counts) {
      all += count;
      if (count > 0) last = count;
    }
    const auto step = (all - last) / 255;
    if (step == 0) continue;
    Table table{};
    std::int64_t below = 0;
    for (std::size_t i = 0; i < 256; ++i) {
      table[i] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, (below + step / 2) / step));
      below += counts[i];
    }
    table[0] = 0;
    map_values(image, channel, table);
  }
}

}  // namespace candor
