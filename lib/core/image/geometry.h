// SPDX-License-Identifier: Apache-2.0
// Movements of pixels. The size is kept; what comes from outside is black, where nothing else is
// said.
#pragma once

#include "core/image/picture.h"
#include "core/schema/signature.h"

namespace candor {

enum class Sampling { nearest, bilinear };

// About the centre, counter-clockwise.
Pixels rotated(const Pixels& image, double degrees, Sampling sampling);
// By whole pixels: padding and crop in one.
Pixels shifted(const Pixels& image, std::int64_t down, std::int64_t right);
// The same; what comes from outside is the image mirrored at its edge, whose own pixels are not
// repeated (abc becomes cbabcba; numpy's and torch's "reflect").
Pixels shifted_reflecting(const Pixels& image, std::int64_t down, std::int64_t right);
// About the upper left corner, nearest pixel: a row moves to the left by `across` times its
// distance from the upper edge, a column up by `down` times its distance from the left edge.
Pixels sheared(const Pixels& image, double across, double down);

void mirror(Pixels& image);     // left to right
void turn_over(Pixels& image);  // upside down
void paint_black(Pixels& image, const Box& box);

}  // namespace candor
