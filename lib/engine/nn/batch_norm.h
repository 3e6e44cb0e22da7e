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
};

}  // namespace candor
