// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/update_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/tensor/target_clones.h"

namespace candor::kernels {
namespace {

constexpr std::int64_t kShortSum = 512;

inline __attribute__((always_inline)) float clamped(float x, float limit) {
  return x < -limit ? -limit : x > limit ? limit : x;
}

inline __attribute__((always_inline)) float scaled(float g, const GradientScale& s) {
  return clamped(g * s.scale, s.limit) * s.shrink;
}

inline __attribute__((always_inline)) float sign(float x) {
  return static_cast<float>(x > 0.0f) - static_cast<float>(x < 0.0f);
}

}  // namespace

CANDOR_CLONES
Squares sum_squares(const float* g, std::int64_t count, float scale, float limit) {
  double raw = 0.0, after = 0.0;
  if (!(limit < std::numeric_limits<float>::infinity())) {
    // Short sums in float32 first: twice as many at once, and no longer sum that loses digits.
    for (std::int64_t first = 0; first < count; first += kShortSum) {
      const auto last = std::min(first + kShortSum, count);
      float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = first; i < last; ++i) {
        const float x = g[i] * scale;
        sum += x * x;
      }
      if (sum <= std::numeric_limits<float>::max()) {
        raw += static_cast<double>(sum);
        continue;
      }
      for (std::int64_t i = first; i < last; ++i) {
        const auto x = static_cast<double>(g[i] * scale);
        raw += x * x;
      }
    }
    return {raw, raw};
  }
#pragma omp simd reduction(+ : raw, after)
  for (std::int64_t i = 0; i < count; ++i) {
    const float x = g[i] * scale;
    const auto whole = static_cast<double>(x), part = static_cast<double>(clamped(x, limit));
    raw += whole * whole;
    after += part * part;
  }
  return {raw, after};
}

CANDOR_CLONES
void rescale(float* g, std::int64_t count, GradientScale scale) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) g[i] = scaled(g[i], scale);
}

CANDOR_CLONES
PenaltySums add_penalty(const float* w, float* g, std::int64_t count, float l1, float l2) {
  double absolute = 0.0, squares = 0.0;
#pragma omp simd reduction(+ : absolute, squares)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(w[i]);
    absolute += value < 0.0 ? -value : value;
    squares += value * value;
    g[i] += l1 * sign(w[i]) + l2 * w[i];
  }
  return {absolute, squares};
}

CANDOR_CLONES
void sgd(float* w, const float* g, float* momentum, std::int64_t count, GradientScale scale,
         SgdStep step) {
  if (momentum == nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      w[i] = w[i] * step.keep - step.rate * scaled(g[i], scale);
    }
    return;
  }
  const float own = step.nesterov ? 1.0f : 0.0f;
  const float share = step.nesterov ? step.momentum : 1.0f;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float gradient = scaled(g[i], scale);
    const float m = step.momentum * momentum[i] + gradient;
    momentum[i] = m;
    w[i] = w[i] * step.keep - step.rate * (own * gradient + share * m);
  }
}

CANDOR_CLONES
void adam(float* w, const float* g, float* first, float* second, std::int64_t count,
          GradientScale scale, AdamStep step) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float gradient = scaled(g[i], scale);
    const float m = first[i] + step.more1 * (gradient - first[i]);
    const float v = step.beta2 * second[i] + step.more2 * gradient * gradient;
    first[i] = m;
    second[i] = v;
    w[i] = w[i] * step.keep - step.rate * m / (std::sqrt(v) * step.inverse_root + step.eps);
  }
}

CANDOR_CLONES
void lion(float* w, const float* g, float* momentum, std::int64_t count, GradientScale scale,
          LionStep step) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float gradient = scaled(g[i], scale);
    const float m = momentum[i];
    w[i] = w[i] * step.keep - step.rate * sign(step.beta1 * m + step.more1 * gradient);
    momentum[i] = step.beta2 * m + step.more2 * gradient;
  }
}

CANDOR_CLONES
void blend_momentum(const float* g, float* momentum, float* out, std::int64_t count,
                    GradientScale scale, float share, bool nesterov) {
  const float own = nesterov ? 1.0f : 0.0f;
  const float rest = nesterov ? share : 1.0f;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float gradient = scaled(g[i], scale);
    const float m = share * momentum[i] + gradient;
    momentum[i] = m;
    out[i] = own * gradient + rest * m;
  }
}

CANDOR_CLONES
void descend(float* w, const float* direction, std::int64_t count, float rate, float keep) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) w[i] = w[i] * keep - rate * direction[i];
}

CANDOR_CLONES
void round_to_bfloat16(const float* w, std::uint16_t* out, std::int64_t count) {
  constexpr std::uint32_t kNan = 0x7FC0, kJustBelowHalf = 0x7FFF;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(w[i]);
    const auto rounded = (bits + kJustBelowHalf + ((bits >> 16) & 1U)) >> 16;
    out[i] = static_cast<std::uint16_t>(w[i] != w[i] ? kNan : rounded);
  }
}

CANDOR_CLONES
void move_average(float* average, const float* x, std::int64_t count, float share) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) average[i] += share * (x[i] - average[i]);
}

}  // namespace candor::kernels
