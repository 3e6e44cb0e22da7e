// SPDX-License-Identifier: Apache-2.0
#include "engine/models/flops.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/image/augment.h"

namespace candor {
namespace {

// A weight of a matrix product is a multiplication and an addition; backward takes two products of
// the same size: one for the inputs' gradient, one for the weight's.
constexpr double kPerWeight = 6.0;

bool begins(const std::string& name, const char* prefix) { return name.rfind(prefix, 0) == 0; }

// Members of an ensemble go through the same matrices, each with inputs of its own; heads that are
// no matrix of two dimensions hold the members' own weights.
TrainingFlops mlp_flops(const MlpConfig& config, const torch::nn::Module& model) {
  const auto members = config.ensemble ? static_cast<double>(config.ensemble->members) : 1.0;
  double weights = 0.0;
  for (const auto& parameter : model.named_parameters()) {
    const auto& [name, tensor] = parameter.pair();
    const auto count = static_cast<double>(tensor.numel());
    const bool matrix = name.size() > 7 && name.compare(name.size() - 7, 7, ".weight") == 0;
    if (matrix && begins(name, "layers.")) weights += (tensor.dim() == 2 ? members : 1.0) * count;
    if (matrix && begins(name, "head.")) weights += count;
    if (name == "numbers.weight") weights += count;
  }
  return {kPerWeight * weights, fmt::format("6 x {:.0f} weights of matrix products", weights)};
}

TrainingFlops transformer_flops(const TransformerConfig& config, const torch::nn::Module& model) {
  double weights = 0.0;
  for (const auto& parameter : model.named_parameters()) {
    const auto& [name, tensor] = parameter.pair();
    const bool lookup = name == "model.embed_tokens.weight" && !config.tie_embeddings;
    if (tensor.dim() == 2 && !lookup) weights += static_cast<double>(tensor.numel());
  }
  const auto attention = 12.0 * static_cast<double>(config.layers * config.context * config.width);
  return {kPerWeight * weights + attention,
          fmt::format("6 x {:.0f} weights of matrix products + 12 x {} layers x {} tokens x {}",
                      weights, config.layers, config.context, config.width)};
}

std::int64_t side_after(std::int64_t side, std::int64_t kernel, std::int64_t stride) {
  return (side + 2 * (kernel / 2) - kernel) / stride + 1;
}

// Follows an image through the layers by their names, which are torchvision's: conv1,
// layerS.B.convC, layerS.B.downsample.0, fc.
class ResNetWalk {
 public:
  ResNetWalk(const ResNetConfig& config, std::int64_t side) : config_(config), side_(side) {}

  void add(const std::string& name, const at::Tensor& weight) {
    if (name == "fc.weight") {
      operations_ += static_cast<double>(weight.numel());
    } else if (weight.dim() == 4) {
      convolve(name, weight);
    }
  }

  // Multiplications with additions of one image, forward.
  double operations() const { return operations_; }

 private:
  void convolve(const std::string& name, const at::Tensor& weight) {
    const auto kernel = weight.size(2);
    if (name == "conv1.weight") {
      if (config_.stem == Stem::whitening) return count_fixed(weight);
      side_ = side_after(side_, kernel, config_.stem == Stem::small ? 1 : 2);
      count(weight, side_);
      if (config_.stem == Stem::imagenet) side_ = side_after(side_, 3, 2);  // pooling
      return;
    }
    if (name.find("downsample") != std::string::npos) return count(weight, side_);
    const bool halves = this->halves(name, kernel),
               pools = config_.downsample == Downsample::pooled;
    side_ = side_after(side_, kernel, halves && !pools ? 2 : 1);
    count(weight, side_);
    if (halves && pools) side_ /= 2;
  }

  // The first block of each stage halves the image in its first 3x3 convolution; that of the first
  // stage, where the stem leaves it to it.
  bool halves(const std::string& name, std::int64_t kernel) {
    const auto block = name.substr(0, name.rfind(".conv"));
    const bool first = block.size() > 2 && block.compare(block.size() - 2, 2, ".0") == 0 &&
                       (config_.stem == Stem::whitening || !begins(name, "layer1."));
    if (!first || kernel != 3 || block == halving_block_) return false;
    halving_block_ = block;
    return true;
  }

  // Filters without a gradient of any kind: a third of the work.
  void count_fixed(const at::Tensor& weight) {
    side_ -= weight.size(2) - 1;  // no padding
    count(weight, side_, 1.0 / 3.0);
  }

  void count(const at::Tensor& weight, std::int64_t side, double share = 1.0) {
    operations_ += share * static_cast<double>(weight.numel()) * static_cast<double>(side * side);
  }

  const ResNetConfig& config_;
  std::int64_t side_;
  std::string halving_block_;  // the last one that did
  double operations_ = 0.0;
};

TrainingFlops resnet_flops(const ResNetConfig& config, std::int64_t side,
                           const torch::nn::Module& model) {
  ResNetWalk walk(config, side);
  for (const auto& buffer : model.named_buffers()) walk.add(buffer.key(), buffer.value());
  for (const auto& parameter : model.named_parameters())
    walk.add(parameter.key(), parameter.value());
  return {kPerWeight * walk.operations(),
          fmt::format("6 x {:.0f} multiply-adds of convolutions and the head at {} x {}",
                      walk.operations(), side, side)};
}

}  // namespace

std::optional<TrainingFlops> training_flops(const RunConfig& config,
                                            const torch::nn::Module& model) {
  if (const auto* mlp = std::get_if<MlpConfig>(&config.model)) return mlp_flops(*mlp, model);
  if (const auto* transformer = std::get_if<TransformerConfig>(&config.model)) {
    if (config.task.type != TaskType::language_model) return std::nullopt;
    return transformer_flops(*transformer, model);
  }
  const auto* images = std::get_if<ImageData>(&config.data);
  if (images == nullptr) return std::nullopt;
  auto flops = resnet_flops(std::get<ResNetConfig>(config.model), images->size, model);
  const auto& progressive = config.augment.progressive_resize;
  if (!progressive) return flops;
  if (!config.train.epochs) return std::nullopt;
  // Work goes with the area, but for a few pixels at the edges.
  const auto share = mean_area(*progressive, images->size, 0, *config.train.epochs);
  flops.per_item *= share;
  flops.formula += fmt::format(", x {:.3f} for the smaller images of the first epochs", share);
  return flops;
}

}  // namespace candor
