// SPDX-License-Identifier: Apache-2.0
// The inner loops of the fused operations and dropout_mask.cpp: plain loops over rows or elements
// of one thread's part, compiled for several instruction sets and chosen at run time.
#pragma once

#include <cstdint>

namespace candor::kernels {

inline constexpr std::int64_t kGrain = 16384;  // elements that are worth a thread

// y = x * r * weight with r = 1 / sqrt(mean(x^2) + eps), which goes to `inverse`; `rows` rows of
// `width`.
void rms_norm(const float* x, const float* weight, float* y, float* inverse, std::int64_t rows,
              std::int64_t width, float eps);
// The same of sum = x + more, which is written.
void add_rms_norm(const float* x, const float* more, const float* weight, float* sum, float* y,
                  float* inverse, std::int64_t rows, std::int64_t width, float eps);
// dx (+ dmore, unless null), and the weight's gradient added to dw (width).
void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy,
                       const float* dmore, float* dx, float* dw, std::int64_t rows,
                       std::int64_t width);

// One row of `heads` heads of 2 * half values, rotated by the angles (cosine, sine) (half); `sign`
// -1 rotates back.
void rotate(const float* x, const float* cosine, const float* sine, float* y, std::int64_t heads,
            std::int64_t half, float sign);

// y = silu(gate) * up of `rows` rows of gate and up side by side, `width` each.
void swiglu(const float* gate_up, float* y, std::int64_t rows, std::int64_t width);
void swiglu_backward(const float* gate_up, const float* dy, float* dgate_up, std::int64_t rows,
                     std::int64_t width);

// x (rows, width) becomes x + bias, unless null; with `relu` negative ones 0.
void add_bias(float* x, const float* bias, std::int64_t rows, std::int64_t width, bool relu);
// dx = dy * kept where y > 0, else 0.
void relu_backward(const float* y, const float* dy, float* dx, std::int64_t count, float kept);

// One row of logits: its loss -log p[target], and p - onehot(target) times `scale` into `gradient`
// (which may be `logits`). Returns the loss.
float cross_entropy(const float* logits, std::int64_t target, float* gradient, std::int64_t classes,
                    float scale);

inline constexpr std::int64_t kPhiloxLanes = 16;
// 4 * kPhiloxLanes mask values from counter blocks first .. first + kPhiloxLanes - 1: `kept` where
// the random word is at least `threshold`, else 0.
void dropout_blocks(float* mask, std::int64_t first, std::uint32_t key_low, std::uint32_t key_high,
                    std::uint32_t call, std::uint32_t domain, std::uint64_t threshold, float kept);

}  // namespace candor::kernels
