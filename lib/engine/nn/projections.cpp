// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/projections.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include "engine/nn/linear.h"
#include "engine/nn/products.h"

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
    const auto kind = product_kind();
    const auto in = operand(as_matrix(x), kind), w = weight_operand(matrix, kind);
    context->saved_data["heights"] = heights;
    context->saved_data["kind"] = static_cast<std::int64_t>(kind);
    context->save_for_backward({in, w});
    return with_rows_of(x, product(in, w.t(), kind));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto kind = static_cast<ProductKind>(context->saved_data["kind"].toInt());
    const auto dy = operand(as_matrix(gradients[0]).contiguous(), kind);
    variable_list result = {with_rows_of(gradients[0], product(dy, saved[1], kind)), {}};
    const auto dw = product(dy.t(), saved[0], kind);
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
  for (const auto& weight : weights) parts.push_back(linear_layer(x, weight));
  return parts.size() == 1 ? parts.front() : at::cat(parts, -1);
}

}  // namespace candor
