// SPDX-License-Identifier: Apache-2.0
// The weights as bfloat16, beside the float32 ones that the optimizer updates.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace candor {

class WorkingWeights {
 public:
  // Of flat float32 buffers (optimizer.h); nothing is copied yet.
  explicit WorkingWeights(std::vector<at::Tensor> buffers);

  // Copies what the buffers hold now, unless the copies are said to be current.
  void refresh();

  // Said by the optimizer, which rounds what it updates, and by who changes weights otherwise.
  void set_current(bool current) { current_ = current; }

  // That of buffer number `buffer`: bfloat16, of its size.
  const at::Tensor& copy(std::size_t buffer) const { return copies_.at(buffer); }

  // The copy of `weight`, with its shape and strides, where it lies in one of the buffers;
  // undefined elsewhere.
  at::Tensor find(const at::Tensor& weight) const;

 private:
  std::vector<at::Tensor> buffers_, copies_;
  bool current_ = false;
};

}  // namespace candor
