// SPDX-License-Identifier: Apache-2.0
// The weights as bfloat16, beside the float32 ones that the optimizer updates.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace candor {

class WorkingWeights {
 public:
  // Of flat float32 buffers (optimizer.h); nothing is copied yet.
  explicit WorkingWeights(std::vector<at::Tensor> buffers);

  // Copies what the buffers hold now.
  void refresh();

  // The copy of `weight`, with its shape and strides, where it lies in one of the buffers;
  // undefined elsewhere.
  at::Tensor find(const at::Tensor& weight) const;

 private:
  std::vector<at::Tensor> buffers_, copies_;
};

}  // namespace candor
