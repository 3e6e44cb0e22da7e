// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/batch_norm_kernels.h"

#include "engine/tensor/target_clones.h"

namespace candor::kernels {

CANDOR_CLONES
void channel_moments(const float* x, float* mean, float* squares, float* scratch, std::int64_t rows,
                     std::int64_t width) {
  for (std::int64_t i = 0; i < width; ++i) mean[i] = squares[i] = scratch[i] = 0.0f;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) mean[i] += in[i];
  }
  const float share = 1.0f / static_cast<float>(rows);
  for (std::int64_t i = 0; i < width; ++i) mean[i] *= share;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float difference = in[i] - mean[i];
      scratch[i] += difference;
      squares[i] += difference * difference;
    }
  }
  for (std::int64_t i = 0; i < width; ++i) {
    mean[i] += scratch[i] * share;
    squares[i] -= scratch[i] * scratch[i] * share;
  }
}

CANDOR_CLONES
void scale_shift(const float* x, const float* residual, const float* mean, const float* scale,
                 const float* shift, float* y, std::int64_t rows, std::int64_t width, bool relu) {
  const float floor = relu ? 0.0f : -__builtin_inff();
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
    float* out = y + row * width;
    if (residual == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        const float value = (in[i] - mean[i]) * scale[i] + shift[i];
        out[i] = value < floor ? floor : value;
      }
      continue;
    }
    const float* more = residual + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float value = (in[i] - mean[i]) * scale[i] + shift[i] + more[i];
      out[i] = value < floor ? floor : value;
    }
  }
}

CANDOR_CLONES
void channel_sums(const float* x, const float* y, const float* dy, const float* mean, float* sum,
                  float* dot, std::int64_t rows, std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
    const float* gradient = dy + row * width;
    if (y == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        sum[i] += gradient[i];
        dot[i] += gradient[i] * (in[i] - mean[i]);
      }
      continue;
    }
    const float* out = y + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float g = out[i] > 0.0f ? gradient[i] : 0.0f;
      sum[i] += g;
      dot[i] += g * (in[i] - mean[i]);
    }
  }
}

CANDOR_CLONES
void batch_norm_backward(const float* x, const float* y, const float* dy, const float* mean,
                         const float* a, const float* b, const float* c, float* dx,
                         float* dresidual, std::int64_t rows, std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto at = row * width;
    const float* in = x + at;
    const float* gradient = dy + at;
    float* to = dx + at;
    if (y == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        to[i] = a[i] * gradient[i] + b[i] * (in[i] - mean[i]) + c[i];
      }
      continue;
    }
    const float* out = y + at;
    if (dresidual == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        const float g = out[i] > 0.0f ? gradient[i] : 0.0f;
        to[i] = a[i] * g + b[i] * (in[i] - mean[i]) + c[i];
      }
      continue;
    }
    float* through = dresidual + at;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float g = out[i] > 0.0f ? gradient[i] : 0.0f;
      through[i] = g;
      to[i] = a[i] * g + b[i] * (in[i] - mean[i]) + c[i];
    }
  }
}

}  // namespace candor::kernels
