// SPDX-License-Identifier: Apache-2.0
// The inner loops of the optimizers and of weight averages: plain loops over the elements of one
// thread's part, compiled for several instruction sets and chosen at run time.
#pragma once

#include <cstdint>
#include <limits>

namespace candor::kernels {

// What an update makes of a gradient's element g: clamp(g * scale, -limit, limit) * shrink.
struct GradientScale {
  float scale = 1.0f;
  float limit = std::numeric_limits<float>::infinity();
  float shrink = 1.0f;
};

// Sums of squares of g * scale, and of that after clamp.
struct Squares {
  double raw = 0.0;
  double clamped = 0.0;
};
Squares sum_squares(const float* g, std::int64_t count, float scale, float limit);

// g becomes what `scale` makes of it.
void rescale(float* g, std::int64_t count, GradientScale scale);

// Sums over the weights w of the terms of the loss; their gradient l1 * sign(w) + l2 * w is added.
struct PenaltySums {
  double absolute = 0.0;
  double squares = 0.0;
};
PenaltySums add_penalty(const float* w, float* g, std::int64_t count, float l1, float l2);

// In every update below the weights w are first multiplied by `keep`, 1 - rate * weight decay.

// momentum null: none.
struct SgdStep {
  float rate, keep, momentum;
  bool nesterov;
};
void sgd(float* w, const float* g, float* momentum, std::int64_t count, GradientScale scale,
         SgdStep step);

// m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2;
// w -= rate * m / (sqrt(v) * inverse_root + eps).
struct AdamStep {
  float rate;  // over the first moment's bias correction
  float keep, beta1, beta2;
  float more1, more2;  // 1 - beta, in more digits than float32 could subtract
  float inverse_root;  // 1 / sqrt(the second moment's bias correction)
  float eps;
};
void adam(float* w, const float* g, float* first, float* second, std::int64_t count,
          GradientScale scale, AdamStep step);

// w -= rate * sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g.
struct LionStep {
  float rate, keep, beta1, beta2;
  float more1, more2;  // 1 - beta
};
void lion(float* w, const float* g, float* momentum, std::int64_t count, GradientScale scale,
          LionStep step);

// m = share m + g; out = m, or with Nesterov g + share m.
void blend_momentum(const float* g, float* momentum, float* out, std::int64_t count,
                    GradientScale scale, float share, bool nesterov);
// w -= rate * direction.
void descend(float* w, const float* direction, std::int64_t count, float rate, float keep);

// out = w as bfloat16 (its bits), rounded to the nearest, ties to even; NaN stays NaN.
void round_to_bfloat16(const float* w, std::uint16_t* out, std::int64_t count);

// average += share * (x - average).
void move_average(float* average, const float* x, std::int64_t count, float share);

}  // namespace candor::kernels
