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

  // Copies what the buffers hold now, unless the copies are current.
  void refresh();

  // After weights were changed otherwise than by an optimizer that was given these copies.
  void invalidate() { current_ = false; }
  // By an optimizer, once it has rounded all that it updated.
  void mark_current() { current_ = true; }

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
