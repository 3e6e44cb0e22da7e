// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/working_weights.h"

#include <torch/torch.h>

#include <cstddef>
#include <utility>

namespace candor {

WorkingWeights::WorkingWeights(std::vector<at::Tensor> buffers) : buffers_(std::move(buffers)) {
  for (const auto& buffer : buffers_) {
    copies_.push_back(at::empty_like(buffer, buffer.options().dtype(at::kBFloat16)));
  }
}

void WorkingWeights::refresh() {
  if (current_) return;
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < buffers_.size(); ++i) copies_[i].copy_(buffers_[i]);
  current_ = true;
}

at::Tensor WorkingWeights::find(const at::Tensor& weight) const {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    if (!weight.is_alias_of(buffers_[i])) continue;
    const auto offset = weight.storage_offset() - buffers_[i].storage_offset();
    return copies_[i].as_strided(weight.sizes(), weight.strides(), offset);
  }
  return {};
}

}  // namespace candor
