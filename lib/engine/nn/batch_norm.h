// SPDX-License-Identifier: Apache-2.0
// Batch normalisation (Ioffe & Szegedy 2015) with PyTorch's state names and defaults.
#pragma once

#include <cstdint>

#include "engine/nn/holder.h"

namespace candor {

struct BatchNorm {
  at::Tensor weight, bias, mean, variance, batches;

  // Registers weight, bias, running_mean, running_var and num_batches_tracked in `holder`.
  static BatchNorm make(Holder& holder, std::int64_t width);
  // Statistics of the batch when training (and the running ones move by 0.1), else the running
  // ones. Throws Error{config} when a batch has one value per channel: it has no variance.
  at::Tensor forward(const at::Tensor& x, bool training) const;
  // forward() + residual (unless undefined), negative values 0 with `relu`. In training on the CPU,
  // of float32 images (N, C, H, W) in channels-last layout, in two passes over x with an explicit
  // gradient; the same up to rounding.
  at::Tensor forward_add(const at::Tensor& x, const at::Tensor& residual, bool relu,
                         bool training) const;

 private:
  void begin_batch(const at::Tensor& x) const;
};

}  // namespace candor
