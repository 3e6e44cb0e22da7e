// SPDX-License-Identifier: Apache-2.0
// Random changes of training images. Everything is a pure function of a stream for each image (of
// seed, epoch and sample), so that neither threads nor the other images of a batch matter.
#pragma once

#include <optional>

#include <candor/config.h>

#include "core/base/random.h"
#include "core/image/picture.h"
#include "core/schema/signature.h"

namespace candor {

// The part of a width x height picture that augment.resized_crop takes: area uniform between the
// bounds, width / height log-uniform between 1 / max_aspect and max_aspect.
Box random_part(const ResizedCropConfig& config, const RandomStream& image, std::int64_t width,
                std::int64_t height);

// In this order: rotation about the centre (counter-clockwise, bilinear, zero outside), padding and
// crop, mirror, upside down, RandAugment, colour jitter, erasing. Size is kept.
// Positions of `stream`: 0 angle, 1 top and 2 left of the crop, 3 mirror; all others have child
// streams of their own: 1 random_part, 2 upside down, 3 RandAugment, 4 jitter, 5 erasing. So
// switching one off leaves the others as they were.
// `mirrored`: whether augment.flip mirrors this time; empty: drawn.
Pixels augment(Pixels image, const AugmentConfig& config, const RandomStream& stream,
               std::optional<bool> mirrored = std::nullopt);

// The side of the images in an epoch, from 0: from config.size in the first one evenly to `full`
// in the one behind config.epochs, in whole multiples of 2.
std::int64_t side_in(const ProgressiveResizeConfig& config, std::int64_t full, std::int64_t epoch);
// The mean area of the images over the epochs from `first` to the one before `behind`, as a share
// of the full one: what a step costs.
double mean_area(const ProgressiveResizeConfig& config, std::int64_t full, std::int64_t first,
                 std::int64_t behind);

}  // namespace candor
