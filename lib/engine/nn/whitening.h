// SPDX-License-Identifier: Apache-2.0
// Filters that whiten: what they give of a patch of pixels has no correlations and, along each
// direction in which patches differ, the variance 1 (Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds
// on a Single GPU", section 3.2, after Page 2018).
#pragma once

#include <ATen/core/Tensor.h>

namespace candor {

// How many filters there are of patches of side x side pixels.
std::int64_t whitening_channels(std::int64_t image_channels, std::int64_t side);

// Filters [channels, C, side, side] of images (N, C, H, W), at least side x side, on the CPU: the
// eigenvectors of the covariance (about zero) of their patches, each divided by the root of its
// eigenvalue, from the smallest eigenvalue on, and then the same with the opposite sign, so that
// nothing is lost where negative values become 0.
at::Tensor whitening_filters(const at::Tensor& images, std::int64_t side);

}  // namespace candor
