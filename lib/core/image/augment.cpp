// SPDX-License-Identifier: Apache-2.0
#include "core/image/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/image/color.h"
#include "core/image/geometry.h"
#include "core/image/rand_augment.h"

namespace candor {
namespace {

// Positions in the stream; see augment.h.
constexpr std::uint64_t kAngle = 0;
constexpr std::uint64_t kTop = 1;
constexpr std::uint64_t kLeft = 2;
constexpr std::uint64_t kMirror = 3;

// Streams of their own below the image's; see augment.h.
enum Child : std::uint64_t { kResizedCrop = 1, kTurnOver, kRandAugment, kJitter, kErase };

double uniform(const RandomStream& stream, std::uint64_t at, double low, double high) {
  return low + (high - low) * stream.uniform(at);
}

double factor(const RandomStream& stream, std::uint64_t at, double range) {
  return uniform(stream, at, std::max(0.0, 1.0 - range), 1.0 + range);
}

// A width and height of `area` pixels and width / height = `aspect`, to the nearest pixel.
Box sized(double area, double aspect) {
  return {0, 0, std::lround(std::sqrt(area * aspect)), std::lround(std::sqrt(area / aspect))};
}

struct RectangleRange {
  double min_area, max_area, max_aspect;
};

// A rectangle anywhere in width x height: area uniform, aspect log-uniform; ten tries, then none
// (torchvision's RandomResizedCrop and RandomErasing).
bool draw_box(const RandomStream& stream, const RectangleRange& range, std::int64_t width,
              std::int64_t height, Box& box) {
  const double all = static_cast<double>(width) * static_cast<double>(height);
  const double log_aspect = std::log(range.max_aspect);
  for (std::uint64_t attempt = 0; attempt < 10; ++attempt) {
    const auto at = attempt * 4;
    const double area = all * uniform(stream, at, range.min_area, range.max_area);
    box = sized(area, std::exp(uniform(stream, at + 1, -log_aspect, log_aspect)));
    if (box.width < 1 || box.height < 1 || box.width > width || box.height > height) continue;
    const auto below = [&](std::uint64_t position, std::int64_t room) {
      return static_cast<std::int64_t>(
          stream.below(position, static_cast<std::uint64_t>(room + 1)));
    };
    box.y = below(at + 2, height - box.height);
    box.x = below(at + 3, width - box.width);
    return true;
  }
  return false;
}

void jitter(Pixels& image, const JitterConfig& config, const RandomStream& stream) {
  constexpr std::uint64_t kOrder = 4;  // positions 0 to 3 are the four strengths
  std::array<int, 4> order = {0, 1, 2, 3};
  for (std::size_t i = 3; i > 0; --i) {
    std::swap(order[i], order[stream.below(kOrder + i, i + 1)]);
  }
  for (const int change : order) {
    if (change == 0 && config.brightness > 0) {
      adjust_brightness(image, factor(stream, 0, config.brightness));
    } else if (change == 1 && config.contrast > 0) {
      adjust_contrast(image, factor(stream, 1, config.contrast));
    } else if (change == 2 && config.saturation > 0) {
      adjust_saturation(image, factor(stream, 2, config.saturation));
    } else if (change == 3 && config.hue > 0) {
      adjust_hue(image, uniform(stream, 3, -config.hue, config.hue));
    }
  }
}

void erase(Pixels& image, const EraseConfig& config, const RandomStream& stream) {
  constexpr std::uint64_t kWhether = 100;  // behind those of the box
  Box box;
  if (stream.uniform(kWhether) >= config.probability) return;
  const RectangleRange range{config.min_area, config.max_area, config.max_aspect};
  if (draw_box(stream, range, image.width, image.height, box)) paint_black(image, box);
}

// The three that were there first, from positions of the image's own stream.
void move(Pixels& image, const AugmentConfig& config, const RandomStream& stream,
          std::optional<bool> mirrored) {
  if (config.rotate > 0) {
    const double degrees = (2.0 * stream.uniform(kAngle) - 1.0) * config.rotate;
    image = rotated(image, degrees, Sampling::bilinear);
  }
  if (config.crop > 0) {
    const auto offsets = static_cast<std::uint64_t>(2 * config.crop + 1);
    const auto top = static_cast<std::int64_t>(stream.below(kTop, offsets));
    const auto left = static_cast<std::int64_t>(stream.below(kLeft, offsets));
    const auto move = config.padding == CropPadding::zero ? shifted : shifted_reflecting;
    image = move(image, config.crop - top, config.crop - left);
  }
  if (config.flip && mirrored.value_or(stream.below(kMirror, 2) == 1)) mirror(image);
}

}  // namespace

Box random_part(const ResizedCropConfig& config, const RandomStream& image, std::int64_t width,
                std::int64_t height) {
  const RectangleRange range{config.min_area, config.max_area, config.max_aspect};
  Box box;
  if (draw_box(image.at(kResizedCrop), range, width, height, box)) return box;
  // The largest part in the middle whose shape is allowed.
  const auto limit = [&](std::int64_t side) {
    return std::max<std::int64_t>(1, std::lround(static_cast<double>(side) * config.max_aspect));
  };
  box.width = std::min(width, limit(height));
  box.height = std::min(height, limit(width));
  box.x = (width - box.width) / 2;
  box.y = (height - box.height) / 2;
  return box;
}

Pixels augment(Pixels image, const AugmentConfig& config, const RandomStream& stream,
               std::optional<bool> mirrored) {
  move(image, config, stream, mirrored);
  if (config.vertical_flip && stream.at(kTurnOver).below(0, 2) == 1) turn_over(image);
  if (config.rand_augment) {
    rand_augment(image, *config.rand_augment, stream.at(kRandAugment));
  }
  if (config.jitter) jitter(image, *config.jitter, stream.at(kJitter));
  if (config.erase) erase(image, *config.erase, stream.at(kErase));
  return image;
}

std::int64_t side_in(const ProgressiveResizeConfig& config, std::int64_t full, std::int64_t epoch) {
  if (epoch >= config.epochs) return full;
  const auto grown = (full - config.size) * epoch / config.epochs;
  return config.size + grown / 2 * 2;
}

double mean_area(const ProgressiveResizeConfig& config, std::int64_t full, std::int64_t first,
                 std::int64_t behind) {
  double sum = 0.0;
  for (std::int64_t epoch = first; epoch < behind; ++epoch) {
    const auto share =
        static_cast<double>(side_in(config, full, epoch)) / static_cast<double>(full);
    sum += share * share;
  }
  return behind > first ? sum / static_cast<double>(behind - first) : 1.0;
}

}  // namespace candor
