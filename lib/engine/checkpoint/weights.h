// SPDX-License-Identifier: Apache-2.0
// Tensors of a module, by name, to and from safetensors; names, shapes and types are checked.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/artifact/safetensors.h"

namespace candor {

using TensorMap = std::map<std::string, at::Tensor>;

// Parameters and buffers of `module`; the tensors share its storage.
TensorMap module_state(const torch::nn::Module& module);

// "[2, 3] float32", for messages.
std::string describe(const at::Tensor& tensor);

// Views of contiguous tensors on the CPU, which must outlive them.
std::vector<NamedTensor> named_views(const TensorMap& tensors);

// float32, int64 or uint8 tensors of any device and stride.
void save_tensors(const std::filesystem::path& path, const TensorMap& tensors);
// On the CPU, owning their memory. Throws Error{model}.
TensorMap load_tensors(const std::filesystem::path& path);

// Throws as load_state() does, and reads no tensor's content: `module` may be on the meta device.
void check_state(const torch::nn::Module& module, const std::filesystem::path& path);

// Copies `tensors` into `module`; throws Error{model} naming `where` and the first tensor that is
// missing, unexpected, or has another shape or type.
void load_state(torch::nn::Module& module, const TensorMap& tensors, const std::string& where);

}  // namespace candor
