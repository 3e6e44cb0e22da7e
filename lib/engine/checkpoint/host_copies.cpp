// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/host_copies.h"

#include <torch/torch.h>

namespace candor {

void HostCopies::take(const std::string& file, const TensorMap& tensors) {
  const torch::NoGradGuard no_gradients;
  auto& copies = files_[file];
  std::erase_if(copies, [&](const auto& item) { return !tensors.contains(item.first); });
  for (const auto& [name, tensor] : tensors) {
    auto& copy = copies[name];
    if (!copy.defined() || copy.sizes() != tensor.sizes() ||
        copy.scalar_type() != tensor.scalar_type()) {
      copy = at::empty(tensor.sizes(), at::TensorOptions(tensor.scalar_type()));
    }
    copy.copy_(tensor);
  }
}

std::map<std::string, std::vector<NamedTensor>> HostCopies::views() const {
  std::map<std::string, std::vector<NamedTensor>> views;
  for (const auto& [file, copies] : files_) views[file] = named_views(copies);
  return views;
}

}  // namespace candor
