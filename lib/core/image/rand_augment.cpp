// SPDX-License-Identifier: Apache-2.0
#include "core/image/rand_augment.h"

#include <cmath>

#include "core/image/color.h"
#include "core/image/geometry.h"

namespace candor {
namespace {

constexpr double kTop = 30.0;  // the highest magnitude

// 0 to 0.9 in equal steps, in float32 and counted from the nearer end, as torch.linspace has it.
// Where two pixels that are mixed are equal, the last digit decides whether one is lost.
double mixing_strength(std::int64_t magnitude) {
  constexpr float kEnd = 0.9f, kStep = kEnd / 30.0f;
  constexpr std::int64_t kSteps = 30;
  const bool first_half = magnitude < kSteps / 2;
  return first_half ? kStep * static_cast<float>(magnitude)
                    : kEnd - kStep * static_cast<float>(kSteps - magnitude);
}

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }  // towards zero

}  // namespace

void apply_operation(Pixels& image, std::size_t operation, std::int64_t magnitude, bool negative) {
  const double strength = static_cast<double>(magnitude) / kTop;
  const double sign = negative ? -1.0 : 1.0;
  const double shear = sign * 0.3 * strength;
  const double factor = 1.0 + sign * mixing_strength(magnitude);
  const auto shift = [&](std::int64_t side) {
    return whole(sign * 150.0 / 331.0 * static_cast<double>(side) * strength);
  };
  switch (operation) {
    case 1: image = sheared(image, shear, 0.0); break;
    case 2: image = sheared(image, 0.0, shear); break;
    case 3: image = shifted(image, 0, shift(image.width)); break;
    case 4: image = shifted(image, shift(image.height), 0); break;
    case 5: image = rotated(image, sign * 30.0 * strength, Sampling::nearest); break;
    case 6: adjust_brightness(image, factor); break;
    case 7: adjust_saturation(image, factor); break;
    case 8: adjust_contrast(image, factor); break;
    case 9: adjust_sharpness(image, factor); break;
    case 10: posterize(image, static_cast<int>(8.0 - std::nearbyint(4.0 * strength))); break;
    case 11: solarize(image, 255.0 * (1.0 - strength)); break;
    case 12: stretch_contrast(image); break;
    case 13: equalize(image); break;
    default: break;
  }
}

void rand_augment(Pixels& image, const RandAugmentConfig& config, const RandomStream& stream) {
  for (std::int64_t i = 0; i < config.operations; ++i) {
    const auto at = static_cast<std::uint64_t>(2 * i);
    const auto operation = stream.below(at, kRandAugmentOperations.size());
    apply_operation(image, operation, config.magnitude, stream.below(at + 1, 2) == 1);
  }
}

}  // namespace candor
