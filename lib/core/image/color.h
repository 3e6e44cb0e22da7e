// SPDX-License-Identifier: Apache-2.0
// Changes of colour, in place, with the formulas and the roundings that torchvision 0.26 has for
// uint8 tensors (transforms/_functional_tensor.py).
#pragma once

#include "core/schema/signature.h"

namespace candor {

// Mixed with black, the mean grey level, the grey image, the blurred image: factor 1 changes
// nothing, 0 gives the other one. factor >= 0.
void adjust_brightness(Pixels& image, double factor);
void adjust_contrast(Pixels& image, double factor);
void adjust_saturation(Pixels& image, double factor);
void adjust_sharpness(Pixels& image, double factor);  // images under 3 pixels a side stay
// Turned by `turn` of a full circle.
void adjust_hue(Pixels& image, double turn);

// Only the upper `bits` of each byte stay; 0 to 8.
void posterize(Pixels& image, int bits);
// Values from `threshold` on are inverted.
void solarize(Pixels& image, double threshold);
// Each channel stretched to 0..255.
void stretch_contrast(Pixels& image);
// Each channel's histogram made flat.
void equalize(Pixels& image);

}  // namespace candor
