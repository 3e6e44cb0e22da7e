// SPDX-License-Identifier: Apache-2.0
#include "engine/models/resnet.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/nn/init.h"

namespace candor {
namespace {

std::vector<std::int64_t> stages(const ResNetConfig& config) {
  if (config.blocks) return *config.blocks;
  const auto depth = config.depth.value_or(18);
  return depth == 18 ? std::vector<std::int64_t>{2, 2, 2, 2}
                     : std::vector<std::int64_t>{3, 4, 6, 3};
}

bool uses_bottlenecks(const ResNetConfig& config) {
  if (config.block != candor::Block::automatic) return config.block == candor::Block::bottleneck;
  return !config.blocks && config.depth.value_or(18) == 50;
}

}  // namespace

ResNet::ResNet(const ResNetConfig& config, std::int64_t classes, const RandomStream& init)
    : config_(config), bottleneck_(uses_bottlenecks(config)), init_(init) {
  // The children of the network itself are made through one holder and then registered under their
  // own names.
  Holder root;
  const bool small = config.stem == Stem::small;
  stem_ = make_convolution(root, "conv1", "bn1", 3, config.width, small ? 3 : 7, small ? 1 : 2);
  auto channels = config.width;
  const auto counts = stages(config);
  const std::int64_t expansion = bottleneck_ ? 4 : 1;
  for (std::size_t stage = 0; stage < counts.size(); ++stage) {
    auto& holder = root.child("layer" + std::to_string(stage + 1));
    const auto width = config.width << stage;
    for (std::int64_t i = 0; i < counts[stage]; ++i) {
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      blocks_.push_back(make_block(holder.child(std::to_string(i)), channels, width, stride));
      channels = width * expansion;
    }
  }
  auto& fc = root.child("fc");
  const auto bound = 1.0 / std::sqrt(static_cast<double>(channels));
  fc_weight_ = fc.register_parameter(
      "weight", uniform_tensor({classes, channels}, bound, init_.at(drawn_++)));
  fc_bias_ = fc.register_parameter("bias", uniform_tensor({classes}, bound, init_.at(drawn_++)));
  for (const auto& child : root.named_children()) register_module(child.key(), child.value());
}

// Kaiming normal over the fan-out (He et al. 2015), as torchvision draws it.
ResNet::Convolution ResNet::make_convolution(Holder& holder, const std::string& conv,
                                             const std::string& norm, std::int64_t in,
                                             std::int64_t out, std::int64_t kernel,
                                             std::int64_t stride) {
  Convolution result;
  result.stride = stride;
  result.padding = kernel / 2;
  const auto deviation = std::sqrt(2.0 / static_cast<double>(out * kernel * kernel));
  result.weight = holder.child(conv).register_parameter(
      "weight", normal_tensor({out, in, kernel, kernel}, deviation, init_.at(drawn_++)));
  result.norm = BatchNorm::make(holder.child(norm), out);
  return result;
}

ResNet::Block ResNet::make_block(Holder& holder, std::int64_t in, std::int64_t width,
                                 std::int64_t stride) {
  Block block;
  const auto add = [&](std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t step) {
    const auto number = std::to_string(block.convolutions.size() + 1);
    block.convolutions.push_back(
        make_convolution(holder, "conv" + number, "bn" + number, from, to, kernel, step));
  };
  const auto out = bottleneck_ ? 4 * width : width;
  if (bottleneck_) {
    add(in, width, 1, 1);
    add(width, width, 3, stride);
    add(width, out, 1, 1);
  } else {
    add(in, width, 3, stride);
    add(width, width, 3, 1);
  }
  block.downsamples = stride != 1 || in != out;
  if (block.downsamples) {
    block.shortcut = make_convolution(holder.child("downsample"), "0", "1", in, out, 1, stride);
  }
  return block;
}

at::Tensor ResNet::apply(const Convolution& convolution, const at::Tensor& x) {
  const auto y = at::conv2d(x, convolution.weight, {}, convolution.stride, convolution.padding);
  return convolution.norm.forward(y, is_training());
}

at::Tensor ResNet::apply(const Block& block, const at::Tensor& x) {
  auto y = x;
  for (std::size_t i = 0; i < block.convolutions.size(); ++i) {
    y = apply(block.convolutions[i], y);
    if (i + 1 < block.convolutions.size()) y = y.relu_();
  }
  return y.add_(block.downsamples ? apply(block.shortcut, x) : x).relu_();
}

at::Tensor ResNet::forward(const Features& features, DropoutStream&) {
  auto x = apply(stem_, features.dense).relu_();
  if (config_.stem == Stem::imagenet) x = at::max_pool2d(x, 3, 2, 1);
  for (const auto& block : blocks_) x = apply(block, x);
  return at::linear(at::adaptive_avg_pool2d(x, {1, 1}).flatten(1), fc_weight_, fc_bias_);
}

}  // namespace candor
