// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/dropout.h"

#include <torch/torch.h>

#include <vector>

#include "engine/nn/dropout_mask.h"
#include "engine/tensor/cuda_plugin.h"

namespace candor {

at::Tensor DropoutStream::mask(at::IntArrayRef shape, double p, at::Device device) {
  if (!active_ || p == 0.0) return {};
  const auto call = calls_++;
  const auto options = at::TensorOptions(at::kFloat).device(device);
  auto values = at::empty(shape, options);
  if (device.is_cuda() && cuda_dropout_mask(values, key_, call, p)) return values;
  if (!device.is_cpu()) {
    return dropout_mask_tensor(values.numel(), key_, call, p, options).view(shape);
  }
  fill_dropout_mask(values.data_ptr<float>(), values.numel(), key_, call, p);
  return values;
}

at::Tensor DropoutStream::apply(const at::Tensor& x, double p) {
  const auto values = mask(x.sizes(), p, x.device());
  return values.defined() ? x * values : x;
}

at::Tensor DropoutStream::apply_rows(const at::Tensor& x, double p) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape.front() = x.size(0);
  const auto values = mask(shape, p, x.device());
  return values.defined() ? x * values : x;
}

}  // namespace candor
