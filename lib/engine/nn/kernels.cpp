// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/kernels.h"

#include <bit>
#include <cmath>
#include <limits>

#include "engine/tensor/target_clones.h"

namespace candor::kernels {
namespace {

// e^x with a relative error below 3e-7 for |x| <= 87, without branches or calls, so that loops over
// it become vector code: x = n ln 2 + f, e^f by its Taylor polynomial, 2^n through the exponent
// bits.
inline __attribute__((always_inline)) float exponential(float x) {
  x = x < -87.0f ? -87.0f : x > 87.0f ? 87.0f : x;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float f = (x - n * 0.693145752f) - n * 1.42860677e-6f;
  const float p =
      1.0f +
      f * (1.0f + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f / 720)))));
  const auto exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRound);
  return p * std::bit_cast<float>((exponent + 127) << 23);
}

inline __attribute__((always_inline)) float sigmoid(float x) {
  return 1.0f / (1.0f + exponential(-x));
}

}  // namespace

CANDOR_CLONES
void rms_norm(const float* x, const float* weight, float* y, float* inverse, std::int64_t rows,
              std::int64_t width, float eps) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
    float* out = y + row * width;
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < width; ++i) sum += in[i] * in[i];
    const float r = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
    inverse[row] = r;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) out[i] = in[i] * r * weight[i];
  }
}

CANDOR_CLONES
void add_rms_norm(const float* x, const float* more, const float* weight, float* sum, float* y,
                  float* inverse, std::int64_t rows, std::int64_t width, float eps) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
    const float* add = more + row * width;
    float* total = sum + row * width;
    float* out = y + row * width;
    float squares = 0.0f;
#pragma omp simd reduction(+ : squares)
    for (std::int64_t i = 0; i < width; ++i) {
      total[i] = in[i] + add[i];
      squares += total[i] * total[i];
    }
    const float r = 1.0f / std::sqrt(squares / static_cast<float>(width) + eps);
    inverse[row] = r;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) out[i] = total[i] * r * weight[i];
  }
}

CANDOR_CLONES
void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy,
                       const float* dmore, float* dx, float* dw, std::int64_t rows,
                       std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* in = x + row * width;
    const float* g = dy + row * width;
    float* out = dx + row * width;
    const float r = inverse[row];
    float dot = 0.0f;
#pragma omp simd reduction(+ : dot)
    for (std::int64_t i = 0; i < width; ++i) dot += g[i] * weight[i] * in[i];
    const float shrink = dot * r * r * r / static_cast<float>(width);
    if (dmore == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        out[i] = g[i] * weight[i] * r - in[i] * shrink;
        dw[i] += g[i] * in[i] * r;
      }
      continue;
    }
    const float* more = dmore + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      out[i] = g[i] * weight[i] * r - in[i] * shrink + more[i];
      dw[i] += g[i] * in[i] * r;
    }
  }
}

CANDOR_CLONES
void rotate(const float* x, const float* cosine, const float* sine, float* y, std::int64_t heads,
            std::int64_t half, float sign) {
  for (std::int64_t head = 0; head < heads; ++head) {
    const float* a = x + head * 2 * half;
    const float* b = a + half;
    float* out = y + head * 2 * half;
#pragma omp simd
    for (std::int64_t i = 0; i < half; ++i) {
      out[i] = a[i] * cosine[i] - sign * b[i] * sine[i];
      out[half + i] = b[i] * cosine[i] + sign * a[i] * sine[i];
    }
  }
}

CANDOR_CLONES
void swiglu(const float* gate_up, float* y, std::int64_t rows, std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* gate = gate_up + row * 2 * width;
    const float* up = gate + width;
    float* out = y + row * width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) out[i] = gate[i] * sigmoid(gate[i]) * up[i];
  }
}

CANDOR_CLONES
void swiglu_backward(const float* gate_up, const float* dy, float* dgate_up, std::int64_t rows,
                     std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* gate = gate_up + row * 2 * width;
    const float* up = gate + width;
    const float* g = dy + row * width;
    float* dgate = dgate_up + row * 2 * width;
    float* dup = dgate + width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float s = sigmoid(gate[i]);
      const float silu = gate[i] * s;
      dup[i] = g[i] * silu;
      dgate[i] = g[i] * up[i] * (s + silu * (1.0f - s));
    }
  }
}

CANDOR_CLONES
void add_bias(float* x, const float* bias, std::int64_t rows, std::int64_t width, bool relu) {
  const float lowest = relu ? 0.0f : -std::numeric_limits<float>::infinity();
  for (std::int64_t row = 0; row < rows; ++row) {
    float* values = x + row * width;
    if (bias == nullptr) {
#pragma omp simd
      for (std::int64_t i = 0; i < width; ++i) {
        values[i] = values[i] < lowest ? lowest : values[i];
      }
      continue;
    }
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const float sum = values[i] + bias[i];
      values[i] = sum < lowest ? lowest : sum;
    }
  }
}

CANDOR_CLONES
void relu_backward(const float* y, const float* dy, float* dx, std::int64_t count, float kept) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = dy[i] * kept;  // of all, so that the choice is no branch
    dx[i] = y[i] > 0.0f ? scaled : 0.0f;
  }
}

CANDOR_CLONES
float cross_entropy(const float* logits, std::int64_t target, float* gradient, std::int64_t classes,
                    float scale) {
  float highest = logits[0];
#pragma omp simd reduction(max : highest)
  for (std::int64_t i = 0; i < classes; ++i) highest = logits[i] > highest ? logits[i] : highest;
  const float chosen = logits[target] - highest;
  float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < classes; ++i) {
    gradient[i] = exponential(logits[i] - highest);
    sum += gradient[i];
  }
  const float share = scale / sum;
#pragma omp simd
  for (std::int64_t i = 0; i < classes; ++i) gradient[i] *= share;
  gradient[target] -= scale;
  return std::log(sum) - chosen;
}

CANDOR_CLONES
void dropout_blocks(float* mask, std::int64_t first, std::uint32_t key_low, std::uint32_t key_high,
                    std::uint32_t call, std::uint32_t domain, std::uint64_t threshold, float kept) {
  std::uint32_t c0[kPhiloxLanes], c1[kPhiloxLanes], c2[kPhiloxLanes], c3[kPhiloxLanes];
  for (std::int64_t lane = 0; lane < kPhiloxLanes; ++lane) {
    const auto block = static_cast<std::uint64_t>(first + lane);
    c0[lane] = static_cast<std::uint32_t>(block);
    c1[lane] = static_cast<std::uint32_t>(block >> 32);
    c2[lane] = call;
    c3[lane] = domain;
  }
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < kPhiloxLanes; ++lane) {
      const std::uint64_t a = 0xD2511F53ull * c0[lane];
      const std::uint64_t b = 0xCD9E8D57ull * c2[lane];
      c0[lane] = static_cast<std::uint32_t>(b >> 32) ^ c1[lane] ^ key_low;
      c1[lane] = static_cast<std::uint32_t>(b);
      c2[lane] = static_cast<std::uint32_t>(a >> 32) ^ c3[lane] ^ key_high;
      c3[lane] = static_cast<std::uint32_t>(a);
    }
    key_low += 0x9E3779B9u;
    key_high += 0xBB67AE85u;
  }
  for (std::int64_t lane = 0; lane < kPhiloxLanes; ++lane) {
    mask[4 * lane] = c0[lane] >= threshold ? kept : 0.0f;
    mask[4 * lane + 1] = c1[lane] >= threshold ? kept : 0.0f;
    mask[4 * lane + 2] = c2[lane] >= threshold ? kept : 0.0f;
    mask[4 * lane + 3] = c3[lane] >= threshold ? kept : 0.0f;
  }
}

}  // namespace candor::kernels
