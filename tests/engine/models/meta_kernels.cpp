// SPDX-License-Identifier: Apache-2.0
// Kernels for LibTorch's `meta` device where C++ has none (PyTorch keeps them in Python): shapes
// are found by running the operation on zeros on the CPU. Every tensor argument must be on `meta`,
// which is the point of the device-hygiene test.
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <array>
#include <tuple>

namespace {

at::Tensor on_cpu(const at::Tensor& tensor) {
  TORCH_CHECK(!tensor.defined() || tensor.is_meta(), "a tensor is on ", tensor.device(),
              ", but the model is on meta");
  return tensor.defined() ? at::zeros(tensor.sizes(), tensor.options().device(at::kCPU)) : tensor;
}

at::Tensor on_meta(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kMeta) : tensor;
}

c10::IValue cpu_argument(const c10::IValue& value) {
  if (value.isTensor()) return on_cpu(value.toTensor());
  if (!value.isTensorList()) return value;
  std::vector<at::Tensor> list;
  for (const at::Tensor& tensor : value.toTensorList()) list.push_back(on_cpu(tensor));
  return list;
}

// Results that are arguments (in-place and out= operations) are the arguments themselves.
void run_on_zeros(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto count = op.schema().arguments().size();
  const torch::jit::Stack arguments(stack->end() - static_cast<std::ptrdiff_t>(count),
                                    stack->end());
  torch::jit::drop(*stack, count);
  torch::jit::Stack inner;
  for (const auto& argument : arguments) inner.push_back(cpu_argument(argument));
  op.callBoxed(&inner);
  const auto& returns = op.schema().returns();
  for (std::size_t i = 0; i < returns.size(); ++i) {
    const auto* alias = returns[i].alias_info();
    c10::IValue result = inner[i];
    if (result.isTensor()) result = on_meta(result.toTensor());
    for (std::size_t a = 0; alias != nullptr && a < count; ++a) {
      const auto* written = op.schema().arguments()[a].alias_info();
      if (written != nullptr && *written == *alias) result = arguments[a];
    }
    stack->push_back(result);
  }
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  return on_meta(at::convolution(on_cpu(x), on_cpu(weight), on_cpu(bias.value_or(at::Tensor())),
                                 stride, padding, dilation, transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  const auto [dx, dw, db] = at::convolution_backward(
      on_cpu(gradient), on_cpu(x), on_cpu(weight), at::OptionalIntArrayRef(), stride, padding,
      dilation, transposed, output_padding, groups, mask);
  return {on_meta(dx), on_meta(dw), on_meta(db)};
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, m) {
  for (const char* name :
       {"isnan", "where.self", "where.self_out", "index_select", "embedding_dense_backward",
        "native_batch_norm", "native_batch_norm_backward", "native_layer_norm",
        "native_layer_norm_backward", "mse_loss_backward", "searchsorted.Tensor",
        "_fused_adamw_"}) {
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&run_on_zeros>());
  }
  m.impl("convolution_overrideable", convolution);
  m.impl("convolution_backward_overrideable", convolution_backward);
}
