// SPDX-License-Identifier: Apache-2.0
#include "engine/train/loss.h"

#include <torch/torch.h>

#include <limits>

namespace candor {
namespace {

at::Tensor weighted_mean(const at::Tensor& losses, const at::Tensor& weight) {
  // A batch in which no row counts has loss 0 and no gradient.
  return (losses * weight).sum() / weight.sum().clamp_min(std::numeric_limits<float>::min());
}

at::Tensor regression_loss(const TensorStage& stage, const at::Tensor& output, const Batch& batch) {
  const auto target = stage.standardise(batch.target).unsqueeze(1);
  if (!batch.weight.defined()) return at::mse_loss(output, target);
  return weighted_mean((output - target).square().squeeze(1), batch.weight);
}

at::Tensor class_loss(const at::Tensor& output, const at::Tensor& target,
                      const at::Tensor& weight) {
  if (!weight.defined()) return at::cross_entropy_loss(output, target);
  return weighted_mean(at::cross_entropy_loss(output, target, {}, at::Reduction::None), weight);
}

}  // namespace

at::Tensor training_loss(OutputKind kind, const TensorStage& stage, const at::Tensor& output,
                         const Batch& batch) {
  if (kind == OutputKind::regression) return regression_loss(stage, output, batch);
  if (kind == OutputKind::language_model) {
    // Windows that hold nothing but single tokens have loss 0 and no gradient.
    if (batch.counted == 0) return output.sum() * 0.0;
    return at::cross_entropy_loss(output.flatten(0, 1), batch.target.flatten(), {},
                                  at::Reduction::Mean, kNoTarget);
  }
  const auto loss = class_loss(output, batch.target, batch.weight);
  if (!batch.second_target.defined()) return loss;
  // Cross-entropy is linear in the target, so this is that of the mixed one.
  return loss * batch.target_share +
         class_loss(output, batch.second_target, batch.weight) * (1.0 - batch.target_share);
}

}  // namespace candor
