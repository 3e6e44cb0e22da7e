// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/batch_norm.h"

#include <torch/torch.h>

#include <candor/error.h>

#include "engine/nn/init.h"

namespace candor {

BatchNorm BatchNorm::make(Holder& holder, std::int64_t width) {
  BatchNorm norm;
  norm.weight = holder.register_parameter("weight", constant_tensor({width}, 1.0));
  norm.bias = holder.register_parameter("bias", constant_tensor({width}, 0.0));
  norm.mean = holder.register_buffer("running_mean", constant_tensor({width}, 0.0));
  norm.variance = holder.register_buffer("running_var", constant_tensor({width}, 1.0));
  norm.batches =
      holder.register_buffer("num_batches_tracked", on_init_device(at::zeros({}, at::kLong)));
  return norm;
}

at::Tensor BatchNorm::forward(const at::Tensor& x, bool training) const {
  if (training) {
    if (x.numel() == x.size(1)) {
      throw Error(ErrorKind::config,
                  "batch normalisation needs two rows or more in a batch; raise train.batch_size, "
                  "give more training data, or set model.norm to layer or none");
    }
    const torch::NoGradGuard no_gradients;
    batches.add_(1);
  }
  constexpr double kMomentum = 0.1, kEps = 1e-5;
  return at::batch_norm(x, weight, bias, mean, variance, training, kMomentum, kEps,
                        /*cudnn_enabled=*/true);
}

}  // namespace candor
