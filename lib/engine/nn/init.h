// SPDX-License-Identifier: Apache-2.0
// Initial weights: pure functions of a stream, drawn on the CPU, independent of the number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/random.h"

namespace candor {

// float32 of `shape`, uniform in [-bound, bound).
at::Tensor uniform_tensor(at::IntArrayRef shape, double bound, const RandomStream& stream);

// float32 of `shape`, normal with mean 0.
at::Tensor normal_tensor(at::IntArrayRef shape, double deviation, const RandomStream& stream);

}  // namespace candor
