// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/dropout_mask.h"

#include <torch/torch.h>

#include <array>
#include <cmath>

#include "engine/nn/kernels.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

constexpr std::uint32_t kMaskDomain = 3;  // 0 to 2 are core/base/random.cpp's

std::uint64_t threshold_of(double p) { return static_cast<std::uint64_t>(std::ldexp(p, 32)); }

std::array<std::uint32_t, 2> key_words(std::uint64_t key) {
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

// One multiplication of 32 by 32 bits: high and low word, in int64 that never overflows its sign.
struct Product {
  at::Tensor high, low;
};

Product multiply(const at::Tensor& x, std::int64_t factor) {
  // factor = f1 * 2^16 + f0, so that every partial product stays below 2^48.
  const auto f1 = factor >> 16, f0 = factor & 0xFFFF;
  const auto upper = x * f1;  // to be shifted by 16
  const auto sum = x * f0 + at::bitwise_left_shift(upper & 0xFFFF, 16);
  return {at::bitwise_right_shift(upper, 16) + at::bitwise_right_shift(sum, 32),
          sum & 0xFFFFFFFFll};
}

}  // namespace

void fill_dropout_mask(float* mask, std::int64_t count, std::uint64_t key, std::uint32_t call,
                       double p) {
  const auto words = key_words(key);
  const auto threshold = threshold_of(p);
  const auto kept = static_cast<float>(1.0 / (1.0 - p));
  constexpr std::int64_t kElements = 4 * kernels::kPhiloxLanes;
  const auto blocks = [&](float* out, std::int64_t group) {
    kernels::dropout_blocks(out, group * kernels::kPhiloxLanes, words[0], words[1], call,
                            kMaskDomain, threshold, kept);
  };
  const auto groups = (count + kElements - 1) / kElements;
  parallel_for(0, groups, 64, [&](std::int64_t first, std::int64_t last) {
    for (auto group = first; group < last; ++group) {
      const auto start = group * kElements;
      if (start + kElements <= count) {
        blocks(mask + start, group);
        continue;
      }
      float rest[kElements];
      blocks(rest, group);
      std::copy(rest, rest + (count - start), mask + start);
    }
  });
}

at::Tensor dropout_mask_tensor(std::int64_t count, std::uint64_t key, std::uint32_t call, double p,
                               const at::TensorOptions& options) {
  const auto blocks = (count + 3) / 4;
  const auto block = at::arange(blocks, options.dtype(at::kLong));
  auto words = key_words(key);
  auto c0 = block & 0xFFFFFFFFll, c1 = at::bitwise_right_shift(block, 32);
  auto c2 = at::full_like(block, static_cast<std::int64_t>(call));
  auto c3 = at::full_like(block, static_cast<std::int64_t>(kMaskDomain));
  for (int round = 0; round < 10; ++round) {
    const auto a = multiply(c0, 0xD2511F53ll), b = multiply(c2, 0xCD9E8D57ll);
    c0 = b.high ^ c1 ^ static_cast<std::int64_t>(words[0]);
    c1 = b.low;
    c2 = a.high ^ c3 ^ static_cast<std::int64_t>(words[1]);
    c3 = a.low;
    words[0] += 0x9E3779B9u;
    words[1] += 0xBB67AE85u;
  }
  const auto all = at::stack({c0, c1, c2, c3}, 1).flatten().slice(0, 0, count);
  return (all >= static_cast<std::int64_t>(threshold_of(p))).to(options.dtype()) *
         static_cast<float>(1.0 / (1.0 - p));
}

}  // namespace candor
