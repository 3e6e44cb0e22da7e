// SPDX-License-Identifier: Apache-2.0
#include "engine/train/loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include <candor/error.h>

#include "core/config/problems.h"
#include "engine/nn/cross_entropy.h"

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

// Per row.
at::Tensor class_losses(const at::Tensor& output, const at::Tensor& target,
                        const LossOptions& options) {
  if (options.focal_gamma == 0.0) {
    return at::cross_entropy_loss(output, target, {}, at::Reduction::None, kNoTarget,
                                  options.label_smoothing);
  }
  const auto logs = at::log_softmax(output, 1);
  const auto own = -logs.gather(1, target.unsqueeze(1)).squeeze(1);  // -log p
  const auto smoothing = options.label_smoothing;
  const auto entropy = smoothing == 0.0 ? own : own * (1.0 - smoothing) - logs.mean(1) * smoothing;
  // 1 - p without a loss of digits near p = 1; kept off 0, where a power below 1 has no slope.
  const auto rest = at::expm1(-own).neg().clamp_min(1e-12);
  return rest.pow(options.focal_gamma) * entropy;
}

at::Tensor plain_mean(const at::Tensor& output, const at::Tensor& target,
                      const LossOptions& options) {
  if (options.focal_gamma > 0.0) return class_losses(output, target, options).mean();
  if (options.label_smoothing == 0.0) return mean_cross_entropy(output, target, kNoTarget);
  return at::cross_entropy_loss(output, target, {}, at::Reduction::Mean, kNoTarget,
                                options.label_smoothing);
}

// Of a row, by its own weight and that of the class in `target`; undefined: all 1.
at::Tensor row_weights(const Batch& batch, const at::Tensor& target, const LossOptions& options) {
  if (!options.class_weights.defined()) return batch.weight;
  const auto of_class = options.class_weights.index_select(0, target);
  return batch.weight.defined() ? of_class * batch.weight : of_class;
}

// Cross-entropy is linear in the target, so the sum over the two targets of mixed images is that of
// the mixed one.
at::Tensor class_loss(const at::Tensor& output, const Batch& batch, const LossOptions& options) {
  const bool mixed = batch.second_target.defined();
  const auto share = batch.target_share;
  const auto weight = row_weights(batch, batch.target, options);
  if (!weight.defined()) {
    const auto loss = plain_mean(output, batch.target, options);
    if (!mixed) return loss;
    return loss * share + plain_mean(output, batch.second_target, options) * (1.0 - share);
  }
  const auto losses = class_losses(output, batch.target, options);
  if (!mixed) return weighted_mean(losses, weight);
  const auto others = class_losses(output, batch.second_target, options);
  const auto other_weight = row_weights(batch, batch.second_target, options);
  return weighted_mean(at::cat({losses, others}),
                       at::cat({weight * share, other_weight * (1.0 - share)}));
}

at::Tensor token_loss(const at::Tensor& output, const Batch& batch, const LossOptions& options) {
  const auto logits = output.flatten(0, 1), target = batch.target.flatten();
  if (options.label_smoothing == 0.0) return mean_cross_entropy(logits, target, kNoTarget);
  // Windows that hold nothing but single tokens have loss 0 and no gradient.
  if (batch.counted == 0) return output.sum() * 0.0;
  return at::cross_entropy_loss(logits, target, {}, at::Reduction::Mean, kNoTarget,
                                options.label_smoothing);
}

std::vector<float> balanced(const std::vector<std::int64_t>& counts) {
  const auto rows = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  std::vector<float> weights;
  for (const auto count : counts) {  // a class without rows meets no weight
    const auto expected = static_cast<double>(rows) / static_cast<double>(counts.size());
    weights.push_back(count == 0 ? 1.0f
                                 : static_cast<float>(expected / static_cast<double>(count)));
  }
  return weights;
}

std::vector<float> named(const std::map<std::string, double>& weights,
                         const std::vector<std::string>& labels) {
  std::vector<float> list(labels.size(), 1.0f);
  for (const auto& [name, weight] : weights) {
    const auto found = std::find(labels.begin(), labels.end(), name);
    if (found == labels.end()) {
      throw Error(ErrorKind::config, "train.loss.class_weights: \"" + name +
                                         "\" is not a class of the data" +
                                         hint_and_list(name, labels));
    }
    list[static_cast<std::size_t>(found - labels.begin())] = static_cast<float>(weight);
  }
  return list;
}

// Members of an ensemble answer each row K times: rows of a batch K times as long.
Batch repeated(const Batch& batch, std::int64_t members) {
  Batch all;
  const auto repeat = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.repeat_interleave(members) : tensor;
  };
  all.target = repeat(batch.target);
  all.weight = repeat(batch.weight);
  all.second_target = repeat(batch.second_target);
  all.target_share = batch.target_share;
  return all;
}

}  // namespace

LossOptions make_loss_options(const LossConfig& config, const std::vector<std::string>& labels,
                              const std::vector<std::int64_t>& class_counts, at::Device device) {
  LossOptions options{config.label_smoothing, config.focal_gamma, {}};
  if (config.class_weighting == ClassWeighting::balanced) {
    options.class_weights = torch::tensor(balanced(class_counts)).to(device);
  } else if (!config.class_weights.empty()) {
    options.class_weights = torch::tensor(named(config.class_weights, labels)).to(device);
  }
  return options;
}

at::Tensor training_loss(OutputKind kind, const TensorStage& stage, const at::Tensor& output,
                         const Batch& batch, const LossOptions& options) {
  if (kind != OutputKind::language_model && output.dim() == 3) {
    return training_loss(kind, stage, output.flatten(0, 1), repeated(batch, output.size(1)),
                         options);
  }
  switch (kind) {
    case OutputKind::regression: return regression_loss(stage, output, batch);
    case OutputKind::language_model: return token_loss(output, batch, options);
    case OutputKind::classification: return class_loss(output, batch, options);
  }
  return {};
}

std::optional<double> loss_weight(const Batch& batch, const LossOptions& options) {
  if (batch.counted) return static_cast<double>(*batch.counted);
  const auto weight = row_weights(batch, batch.target, options);
  if (!weight.defined()) return std::nullopt;
  const auto own = weight.sum().item<double>();
  if (!batch.second_target.defined() || !options.class_weights.defined()) return own;
  const auto other = row_weights(batch, batch.second_target, options).sum().item<double>();
  return own * batch.target_share + other * (1.0 - batch.target_share);
}

}  // namespace candor
