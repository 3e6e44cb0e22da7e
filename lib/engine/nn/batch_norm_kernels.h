// SPDX-License-Identifier: Apache-2.0
// The inner loops of batch_norm.cpp over rows of `width` channels that lie side by side
// (channels-last images): plain loops, compiled for several instruction sets and chosen at run
// time.
#pragma once

#include <cstdint>

namespace candor::kernels {

// Mean and sum of squared differences from it of each channel over `rows` >= 1 rows, by the
// corrected two-pass algorithm (Chan et al. 1983, eq. 1.7); `scratch` is of `width` values.
void channel_moments(const float* x, float* mean, float* squares, float* scratch, std::int64_t rows,
                     std::int64_t width);

// y = (x - mean) * scale + shift (+ residual, unless null), negative ones 0 with `relu`.
void scale_shift(const float* x, const float* residual, const float* mean, const float* scale,
                 const float* shift, float* y, std::int64_t rows, std::int64_t width, bool relu);

// What the backward pass sums: g = dy where y > 0 (everywhere if y is null), `sum` of g and `dot`
// of g (x - mean), added to what is there.
void channel_sums(const float* x, const float* y, const float* dy, const float* mean, float* sum,
                  float* dot, std::int64_t rows, std::int64_t width);

// dx = a g + b (x - mean) + c with per-channel a, b, c; g itself goes to `dresidual` unless null.
void batch_norm_backward(const float* x, const float* y, const float* dy, const float* mean,
                         const float* a, const float* b, const float* c, float* dx,
                         float* dresidual, std::int64_t rows, std::int64_t width);

}  // namespace candor::kernels
