// SPDX-License-Identifier: Apache-2.0
// The host's side of libcandor_cuda.so.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace candor {

// Loads the plug-in `library` and registers it; once per process. Returns what is wrong, or
// nothing.
std::optional<std::string> load_cuda_plugin(const std::filesystem::path& library);

// A dropout mask (engine/nn/dropout_mask.h) made by the plug-in in `mask`, a float32 CUDA tensor;
// false without a plug-in.
bool cuda_dropout_mask(const at::Tensor& mask, std::uint64_t key, std::uint32_t call, double p);

// Most bytes in tensors on that GPU since the start; nothing without a plug-in.
std::optional<std::int64_t> cuda_peak_memory(at::Device device);

}  // namespace candor
