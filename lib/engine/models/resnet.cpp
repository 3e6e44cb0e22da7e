// SPDX-License-Identifier: Apache-2.0
#include "engine/models/resnet.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/nn/init.h"
#include "engine/nn/linear.h"
#include "engine/nn/products.h"
#include "engine/nn/recompute.h"
#include "engine/nn/whitening.h"

namespace candor {
namespace {

constexpr std::int64_t kWhiteningSide = 2, kWhiteningRows = 1000;

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

// Of two answers that are known up to a constant by row: the logarithm of their mean probability.
at::Tensor log_mean(const at::Tensor& a, const at::Tensor& b) {
  return at::logaddexp(a.log_softmax(1), b.log_softmax(1)) - std::log(2.0);
}

}  // namespace

ResNet::ResNet(const ResNetConfig& config, std::int64_t classes, const RandomStream& init)
    : config_(config), bottleneck_(uses_bottlenecks(config)), init_(init) {
  // The children of the network itself are made through one holder and then registered under their
  // own names.
  Holder root;
  const bool large = config.stem == Stem::imagenet, whitens = config.stem == Stem::whitening;
  const auto counts = stages(config);
  const auto width_of = [&](std::size_t stage) {
    return config.widths ? config.widths->at(stage) : config.width << stage;
  };
  auto channels = whitens ? whitening_channels(3, kWhiteningSide) : width_of(0);
  if (whitens) {
    whitening_ = root.child("conv1").register_buffer(
        "weight", constant_tensor({channels, 3, kWhiteningSide, kWhiteningSide}, 0.0)
                      .contiguous(at::MemoryFormat::ChannelsLast));
  } else {
    stem_ = make_convolution(root, "conv1", "bn1", 3, channels, large ? 7 : 3,
                             config.stem == Stem::small ? 1 : 2);
  }
  const std::int64_t expansion = bottleneck_ ? 4 : 1;
  for (std::size_t stage = 0; stage < counts.size(); ++stage) {
    auto& holder = root.child("layer" + std::to_string(stage + 1));
    const auto width = width_of(stage);
    for (std::int64_t i = 0; i < counts[stage]; ++i) {
      const bool halves = (stage > 0 || whitens) && i == 0;
      blocks_.push_back(make_block(holder.child(std::to_string(i)), channels, width, halves));
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
  // Channels-last: what the convolutions of images in that layout compute with.
  result.weight = holder.child(conv).register_parameter(
      "weight", normal_tensor({out, in, kernel, kernel}, deviation, init_.at(drawn_++))
                    .contiguous(at::MemoryFormat::ChannelsLast));
  result.norm = BatchNorm::make(holder.child(norm), out);
  return result;
}

ResNet::Block ResNet::make_block(Holder& holder, std::int64_t in, std::int64_t width, bool halves) {
  Block block;
  block.pools = halves && config_.downsample == Downsample::pooled;
  const std::int64_t stride = halves && !block.pools ? 2 : 1;
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
  block.projects = halves || in != out;
  if (block.projects) {
    block.shortcut = make_convolution(holder.child("downsample"), "0", "1", in, out, 1, stride);
  }
  return block;
}

std::int64_t ResNet::fitting_rows() const { return whitening_.defined() ? kWhiteningRows : 0; }

void ResNet::fit(const Features& rows) {
  if (whitening_.defined()) whitening_.copy_(whitening_filters(rows.dense, kWhiteningSide));
}

at::Tensor ResNet::apply_stem(const at::Tensor& images) {
  const auto x = images.contiguous(at::MemoryFormat::ChannelsLast);
  if (whitening_.defined()) return at::conv2d(x, whitening_).relu_();
  const auto y = apply(stem_, x, {}, /*relu=*/true);
  return config_.stem == Stem::imagenet ? at::max_pool2d(y, 3, 2, 1) : y;
}

// relu(norm(pooled convolution of x) + residual); `residual` may be undefined.
at::Tensor ResNet::apply(const Convolution& convolution, const at::Tensor& x,
                         const at::Tensor& residual, bool relu, bool pool) {
  auto y = convolve(x, convolution.weight, convolution.stride, convolution.padding);
  if (pool) y = at::max_pool2d(y, 2);
  return convolution.norm.forward_add(y, residual, relu, is_training());
}

at::Tensor ResNet::apply(const Block& block, const at::Tensor& x, double skipped,
                         DropoutStream& dropout) {
  auto shortcut = block.pools ? at::avg_pool2d(x, 2) : x;
  if (block.projects) shortcut = apply(block.shortcut, shortcut, {}, /*relu=*/false);
  auto y = x;
  for (std::size_t i = 0; i + 1 < block.convolutions.size(); ++i) {
    // Of a block's convolutions the one before the last, which is 3x3, halves the image.
    const bool pool = block.pools && i + 2 == block.convolutions.size();
    y = apply(block.convolutions[i], y, {}, /*relu=*/true, pool);
  }
  const auto& last = block.convolutions.back();
  if (skipped == 0.0) return apply(last, y, shortcut, /*relu=*/true);
  return (dropout.apply_rows(apply(last, y, {}, /*relu=*/false), skipped) + shortcut).relu_();
}

at::Tensor ResNet::logits(const at::Tensor& images, DropoutStream& dropout) {
  auto x = apply_stem(images);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    // Rises linearly to its value at the last block (Huang et al. 2016, section 3).
    const auto skipped =
        config_.stochastic_depth * static_cast<double>(i + 1) / static_cast<double>(blocks_.size());
    const auto share = is_training() ? skipped : 0.0;
    const auto run = [this, i, share](const std::vector<at::Tensor>& inputs,
                                      DropoutStream& stream) {
      return apply(blocks_[i], inputs[0], share, stream);
    };
    x = recomputes_ ? recompute(run, {x}, dropout) : run({x}, dropout);
  }
  return linear_layer(at::adaptive_avg_pool2d(x, {1, 1}).flatten(1), fc_weight_, fc_bias_);
}

at::Tensor ResNet::logits_of_sides(const at::Tensor& images, DropoutStream& dropout) {
  const auto answer = logits(images, dropout);
  if (!config_.mirror) return answer;
  return log_mean(answer, logits(images.flip({3}), dropout));
}

at::Tensor ResNet::forward(const Features& features, DropoutStream& dropout) {
  if (is_training()) return logits(features.dense, dropout);
  const auto answer = logits_of_sides(features.dense, dropout);
  const auto by = config_.shift;
  if (by == 0) return answer;
  const auto padded = at::reflection_pad2d(features.dense, {by, by, by, by});
  const auto upper = padded.slice(2, 0, -2 * by).slice(3, 0, -2 * by);
  const auto lower = padded.slice(2, 2 * by).slice(3, 2 * by);
  return log_mean(answer,
                  log_mean(logits_of_sides(upper, dropout), logits_of_sides(lower, dropout)));
}

}  // namespace candor
