// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/weights.h"

#include <torch/torch.h>

#include <cstring>
#include <sstream>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/artifact/safetensors.h"

namespace candor {
namespace {

DType dtype_of(const std::string& name, const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat: return DType::float32;
    case at::kLong: return DType::int64;
    case at::kByte: return DType::uint8;
    default: throw Error(ErrorKind::failed, "tensor '" + name + "' has a type that is not stored");
  }
}

at::ScalarType scalar_type(DType type) {
  return type == DType::float32 ? at::kFloat : type == DType::int64 ? at::kLong : at::kByte;
}

[[noreturn]] void mismatch(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::model, where + ": " + what + "; the file is not of this architecture");
}

void compare(const TensorMap& state, const TensorMap& given, const std::string& where) {
  for (const auto& [name, tensor] : given) {
    if (!state.contains(name)) mismatch(where, "unexpected tensor '" + name + "'");
  }
  for (const auto& [name, own] : state) {
    const auto found = given.find(name);
    if (found == given.end()) mismatch(where, "tensor '" + name + "' is missing");
    const auto& tensor = found->second;
    if (tensor.sizes() != own.sizes() || tensor.scalar_type() != own.scalar_type()) {
      mismatch(where,
               "tensor '" + name + "' is " + describe(tensor) + ", expected " + describe(own));
    }
  }
}

}  // namespace

std::string describe(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes() << " " << name_of(dtype_of("", tensor));
  return text.str();
}

TensorMap module_state(const torch::nn::Module& module) {
  TensorMap state;
  for (const auto& item : module.named_parameters()) state[item.key()] = item.value().detach();
  for (const auto& item : module.named_buffers()) state[item.key()] = item.value().detach();
  return state;
}

std::vector<NamedTensor> named_views(const TensorMap& tensors) {
  std::vector<NamedTensor> named;
  for (const auto& [name, tensor] : tensors) {
    TensorView view;
    view.dtype = dtype_of(name, tensor);
    view.shape = tensor.sizes().vec();
    view.bytes = {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()};
    named.push_back({name, view});
  }
  return named;
}

void save_tensors(const std::filesystem::path& path, const TensorMap& tensors) {
  TensorMap host;
  for (const auto& [name, tensor] : tensors) host[name] = tensor.to(at::kCPU).contiguous();
  write_safetensors(path, named_views(host));
}

TensorMap load_tensors(const std::filesystem::path& path) {
  const Safetensors file(path);
  TensorMap tensors;
  for (const auto& [name, view] : file.tensors()) {
    auto tensor = at::empty(view.shape, at::TensorOptions(scalar_type(view.dtype)));
    if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    tensors[name] = std::move(tensor);
  }
  return tensors;
}

void check_state(const torch::nn::Module& module, const std::filesystem::path& path) {
  const Safetensors file(path);
  TensorMap shapes;
  for (const auto& [name, view] : file.tensors()) {
    const auto options = at::TensorOptions(scalar_type(view.dtype)).device(at::kMeta);
    shapes[name] = at::empty(view.shape, options);
  }
  compare(module_state(module), shapes, path.string());
}

void load_state(torch::nn::Module& module, const TensorMap& tensors, const std::string& where) {
  const auto state = module_state(module);
  compare(state, tensors, where);
  const torch::NoGradGuard no_gradients;
  for (auto [name, own] : state) own.copy_(tensors.at(name));
}

}  // namespace candor
