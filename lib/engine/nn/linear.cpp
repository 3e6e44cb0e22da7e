// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/linear.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>
#include <optional>

#include "engine/nn/kernels.h"
#include "engine/nn/products.h"
#include "engine/nn/relu_dropout.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_fused(const at::Tensor& x, const at::Tensor& weight) {
  const bool differentiated =
      at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
  const bool apart = x.device().is_cpu() || product_kind() == ProductKind::bfloat16;
  return differentiated && apart && x.scalar_type() == at::kFloat && x.dim() > 1 &&
         !torch::jit::tracer::isTracing();
}

// y (N, O) becomes y + bias, with `relu` what of it is above 0.
void finish(at::Tensor& y, const at::Tensor& bias, bool relu) {
  if (!y.device().is_cpu()) {
    if (bias.defined()) y.add_(bias);
    if (relu) y.relu_();
    return;
  }
  if (!bias.defined() && !relu) return;
  const auto width = y.size(1);
  auto* rows = y.data_ptr<float>();
  const auto* added = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  parallel_for(0, y.size(0), std::max<std::int64_t>(1, kernels::kGrain / width),
               [&](std::int64_t first, std::int64_t last) {
                 kernels::add_bias(rows + first * width, added, last - first, width, relu);
               });
}

struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, bool relu,
                            DropoutStream* dropout, double p) {
    const auto kind = product_kind();
    const auto in = operand(as_matrix(x), kind), w = weight_operand(weight, kind);
    auto y = product(in, w.t(), kind);
    finish(y, bias.value_or(at::Tensor()), relu);
    double kept = 1.0;
    if (relu) {
      const auto rectified = y;
      y = dropout->apply(rectified, p);
      kept = kept_scale(rectified, y, p);
    }
    context->saved_data["kind"] = static_cast<std::int64_t>(kind);
    context->saved_data["kept"] = kept;
    context->saved_data["relu"] = relu;
    context->saved_data["biased"] = bias.has_value();
    context->save_for_backward({in, w, relu ? y : at::Tensor()});
    return with_rows_of(x, y);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &in = saved[0], &w = saved[1], &y = saved[2];
    const auto kind = static_cast<ProductKind>(context->saved_data["kind"].toInt());
    const auto dy = as_matrix(gradients[0]);
    const bool relu = context->saved_data["relu"].toBool();
    const auto dz =
        relu ? relu_gradient(y, dy, context->saved_data["kept"].toDouble()) : dy.contiguous();
    const auto factor = operand(dz, kind);
    variable_list result(6);
    if (context->needs_input_grad(0)) {
      result[0] = with_rows_of(gradients[0], product(factor, w, kind));
    }
    if (context->needs_input_grad(1)) result[1] = product(factor.t(), in, kind);
    const bool biased = context->saved_data["biased"].toBool();
    if (biased && context->needs_input_grad(2)) result[2] = dz.sum(0);
    return result;
  }
};

std::optional<at::Tensor> given(const at::Tensor& bias) {
  return bias.defined() ? std::optional(bias) : std::nullopt;
}

}  // namespace

at::Tensor linear_layer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!is_fused(x, weight)) return at::linear(x, weight, bias);
  return Linear::apply(x, weight, given(bias), false, static_cast<DropoutStream*>(nullptr), 0.0);
}

at::Tensor linear_relu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       DropoutStream& dropout, double p) {
  if (!is_fused(x, weight)) return dropout.apply(at::linear(x, weight, bias).relu_(), p);
  return Linear::apply(x, weight, given(bias), true, &dropout, p);
}

}  // namespace candor
