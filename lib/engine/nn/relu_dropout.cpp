// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/relu_dropout.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include "engine/nn/kernels.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool fused(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() &&
         !torch::jit::tracer::isTracing();
}

struct ReluDropout : torch::autograd::Function<ReluDropout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, DropoutStream* dropout,
                            double p) {
    const auto rectified = x.detach().relu_();
    const auto y = dropout->apply(rectified, p);
    context->save_for_backward({y});
    context->saved_data["kept"] = kept_scale(rectified, y, p);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto y = context->get_saved_variables()[0];
    return {relu_gradient(y, gradients[0], context->saved_data["kept"].toDouble()), {}, {}};
  }
};

}  // namespace

at::Tensor relu_dropout(const at::Tensor& x, DropoutStream& dropout, double p) {
  if (!fused(x)) return dropout.apply(x.relu_(), p);
  return ReluDropout::apply(x, &dropout, p);
}

double kept_scale(const at::Tensor& before, const at::Tensor& after, double p) {
  return after.is_same(before) ? 1.0 : 1.0 / (1.0 - p);
}

at::Tensor relu_gradient(const at::Tensor& y, const at::Tensor& gradient, double kept) {
  if (!y.device().is_cpu()) return (gradient * kept).masked_fill_(y <= 0.0, 0.0);
  const auto dy = gradient.contiguous();
  auto dx = at::empty_like(dy);
  const auto* value = y.const_data_ptr<float>();
  const auto* g = dy.const_data_ptr<float>();
  auto* out = dx.data_ptr<float>();
  parallel_for(0, dx.numel(), kernels::kGrain, [&](std::int64_t first, std::int64_t last) {
    kernels::relu_backward(value + first, g + first, out + first, last - first,
                           static_cast<float>(kept));
  });
  return dx;
}

}  // namespace candor
