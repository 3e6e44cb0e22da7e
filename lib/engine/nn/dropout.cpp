// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/dropout.h"

#include <torch/torch.h>

#include "engine/nn/dropout_mask.h"
#include "engine/tensor/cuda_plugin.h"

namespace candor {

at::Tensor DropoutStream::apply(const at::Tensor& x, double p) {
  if (!active_ || p == 0.0) return x;
  const auto call = calls_++;
  const auto options = at::TensorOptions(at::kFloat).device(x.device());
  if (x.is_cuda()) {
    const auto mask = at::empty(x.sizes(), options);
    if (cuda_dropout_mask(mask, key_, call, p)) return x * mask;
  }
  if (x.device().is_cpu()) {
    auto mask = at::empty(x.sizes(), options);
    fill_dropout_mask(mask.data_ptr<float>(), mask.numel(), key_, call, p);
    return x * mask;
  }
  return x * dropout_mask_tensor(x.numel(), key_, call, p, options).view(x.sizes());
}

}  // namespace candor
