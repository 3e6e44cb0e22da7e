// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/cuda_plugin.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

#include <cmath>

#include <candor/error.h>

#include "cuda/host_table.h"

namespace candor {
namespace {

const CandorCudaFunctions* functions = nullptr;  // set once, before any tensor is on a GPU

void provide(void*, const CandorCudaFunctions* provided) { functions = provided; }

void check(const char* fault) {
  if (fault != nullptr) throw Error(ErrorKind::failed, std::string("CUDA plug-in: ") + fault);
}

}  // namespace

std::optional<std::string> load_cuda_plugin(const std::filesystem::path& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return dlerror();
  const auto enter = reinterpret_cast<CandorCudaRegister>(dlsym(handle, "candor_cuda_register"));
  if (enter == nullptr) return library.string() + " has no entry candor_cuda_register";
  static const CandorHostTable host = {kCandorCudaVersion, nullptr, &provide};
  const char* fault = enter(&host);
  if (fault != nullptr) return fault;
  return std::nullopt;
}

bool cuda_dropout_mask(const at::Tensor& mask, std::uint64_t key, std::uint32_t call, double p) {
  if (functions == nullptr || !mask.is_cuda()) return false;
  check(functions->dropout_mask(mask.get_device(), mask.data_ptr<float>(), mask.numel(), key, call,
                                static_cast<std::uint64_t>(std::ldexp(p, 32)),
                                static_cast<float>(1.0 / (1.0 - p))));
  return true;
}

std::optional<std::int64_t> cuda_peak_memory(at::Device device) {
  if (functions == nullptr || !device.is_cuda()) return std::nullopt;
  CandorCudaMemory memory{};
  check(functions->memory(device.index(), &memory));
  return memory.peak_allocated;
}

}  // namespace candor
