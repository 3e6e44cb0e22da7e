// SPDX-License-Identifier: Apache-2.0
// RandAugment (Cubuk et al. 2020, "RandAugment: Practical automated data augmentation with a
// reduced search space"), with the operations and strengths of torchvision 0.26: 31 magnitudes,
// nearest pixels, black outside.
#pragma once

#include <candor/config.h>

#include <array>

#include "core/base/random.h"
#include "core/schema/signature.h"

namespace candor {

inline constexpr std::array kRandAugmentOperations = std::to_array<const char*>(
    {"Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color",
     "Contrast", "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize"});

// Operation number `operation` at `magnitude`, 0 to 30; `negative` turns round those of them that
// have a direction (ShearX to Sharpness).
void apply_operation(Pixels& image, std::size_t operation, std::int64_t magnitude, bool negative);

// `config.operations` of them. Positions of `stream`: 2 i for which, 2 i + 1 for the direction.
void rand_augment(Pixels& image, const RandAugmentConfig& config, const RandomStream& stream);

}  // namespace candor
