// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/cross_entropy.h"

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "engine/nn/kernels.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct MeanCrossEntropy : torch::autograd::Function<MeanCrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& target_in, std::int64_t ignored) {
    const auto logits = input.contiguous(), target = target_in.contiguous();
    const auto rows = logits.size(0), classes = logits.size(1);
    const auto* labels = target.const_data_ptr<std::int64_t>();
    const auto counted = rows - std::count(labels, labels + rows, ignored);
    for (std::int64_t row = 0; row < rows; ++row) {
      TORCH_CHECK_INDEX(labels[row] == ignored || (labels[row] >= 0 && labels[row] < classes),
                        "target ", labels[row], " is none of ", classes, " classes");
    }
    auto gradient = at::empty_like(logits);
    std::vector<float> losses(static_cast<std::size_t>(rows));
    const auto scale = 1.0f / static_cast<float>(std::max<std::int64_t>(1, counted));
    const auto* in = logits.const_data_ptr<float>();
    auto* out = gradient.data_ptr<float>();
    const auto grain = std::max<std::int64_t>(1, 16384 / classes);
    parallel_for(0, rows, grain, [&](std::int64_t first, std::int64_t last) {
      for (auto row = first; row < last; ++row) {
        const auto at = row * classes;
        if (labels[row] == ignored) {
          std::fill(out + at, out + at + classes, 0.0f);
        } else {
          losses[static_cast<std::size_t>(row)] =
              kernels::cross_entropy(in + at, labels[row], out + at, classes, scale);
        }
      }
    });
    double sum = 0.0;
    for (const auto loss : losses) sum += loss;
    context->save_for_backward({gradient});
    return at::scalar_tensor(sum * scale, logits.options());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {context->get_saved_variables()[0] * gradients[0], {}, {}};
  }
};

}  // namespace

at::Tensor mean_cross_entropy(const at::Tensor& logits, const at::Tensor& target,
                              std::int64_t ignored) {
  if (logits.device().is_cpu() && logits.scalar_type() == at::kFloat) {
    return MeanCrossEntropy::apply(logits, target, ignored);
  }
  const auto sum = at::cross_entropy_loss(logits, target, {}, at::Reduction::Sum, ignored);
  return sum / target.ne(ignored).sum().clamp_min(1);
}

}  // namespace candor
