// SPDX-License-Identifier: Apache-2.0
// Dropout whose masks are a pure function of (seed, step, call number, element): resume is
// bit-equal without any generator state.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/random.h"

namespace candor {

// One forward pass's source of masks. Default-constructed: evaluation, nothing is dropped.
class DropoutStream {
 public:
  DropoutStream() = default;
  // `stream` belongs to one optimizer step and accumulation part.
  explicit DropoutStream(const RandomStream& stream) : active_(true), key_(stream.key()) {}

  // x * mask / (1 - p); x itself when inactive or p == 0. Each call uses the next call number.
  // Works on every device with equal bits.
  at::Tensor apply(const at::Tensor& x, double p);
  // The same for whole rows, along the first dimension: stochastic depth.
  at::Tensor apply_rows(const at::Tensor& x, double p);

 private:
  // 0 or 1 / (1 - p) each, of the next call number; undefined when inactive or p == 0.
  at::Tensor mask(at::IntArrayRef shape, double p, at::Device device);

  bool active_ = false;
  std::uint64_t key_ = 0;
  std::uint32_t calls_ = 0;
};

}  // namespace candor
