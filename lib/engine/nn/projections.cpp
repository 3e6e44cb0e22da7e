// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/projections.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The one matrix that the weights are when they are read as one, or nothing.
at::Tensor joined(const std::vector<at::Tensor>& weights) {
  const auto& first = weights.front();
  std::int64_t rows = 0, end = first.storage_offset();
  for (const auto& weight : weights) {
    const bool follows =
        weight.is_contiguous() && weight.is_alias_of(first) && weight.storage_offset() == end;
    if (!follows) return {};
    rows += weight.size(0);
    end += weight.numel();
  }
  return first.detach().as_strided({rows, first.size(1)}, {first.size(1), 1},
                                   first.storage_offset());
}

struct Projections : torch::autograd::Function<Projections> {
  // The weights go in one by one for their gradients.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& matrix,
                            at::TensorList weights) {
    std::vector<std::int64_t> heights;
    for (const auto& weight : weights) heights.push_back(weight.size(0));
    context->saved_data["heights"] = heights;
    context->save_for_backward({x, matrix});
    return at::linear(x, matrix);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto dy = gradients[0].flatten(0, -2);
    const auto x = saved[0].flatten(0, -2);
    variable_list result = {dy.mm(saved[1]).view_as(saved[0]), {}};
    const auto dw = dy.t().mm(x);
    std::int64_t row = 0;
    for (const auto height : context->saved_data["heights"].toIntVector()) {
      result.push_back(dw.narrow(0, row, height));
      row += height;
    }
    return result;
  }
};

}  // namespace

at::Tensor project(const at::Tensor& x, const std::vector<at::Tensor>& weights) {
  const bool may_join = weights.size() > 1 && !torch::jit::tracer::isTracing();
  const auto matrix = may_join ? joined(weights) : at::Tensor();
  if (matrix.defined()) return Projections::apply(x, matrix, at::TensorList(weights));
  std::vector<at::Tensor> parts;
  for (const auto& weight : weights) parts.push_back(at::linear(x, weight));
  return parts.size() == 1 ? parts.front() : at::cat(parts, -1);
}

}  // namespace candor
