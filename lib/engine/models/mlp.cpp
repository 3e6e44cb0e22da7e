// SPDX-License-Identifier: Apache-2.0
#include "engine/models/mlp.h"

#include <torch/torch.h>

#include <cmath>
#include <numeric>
#include <string>

#include "engine/nn/holder.h"
#include "engine/nn/init.h"

namespace candor {
namespace {

// Children of the stream of first weights; layers have 0, 1, ...
constexpr std::uint64_t kEmbeddingStream = 1000000;
constexpr std::uint64_t kNumbersStream = 2000000;
constexpr std::uint64_t kTermsStream = 3000000;

// As torch.nn.Linear: both uniform within 1 / sqrt(fan_in) (He et al. 2015 with a = sqrt(5)).
double first_bound(std::int64_t inputs) {
  return inputs > 0 ? 1.0 / std::sqrt(static_cast<double>(inputs)) : 0.0;
}

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::relu: return x.relu_();  // nothing else needs x
    case Activation::gelu: return at::gelu(x);
    case Activation::silu: return at::silu(x);
    case Activation::tanh: return x.tanh();
  }
  return x;
}

// Indices 0 (missing) and 1 (unknown) start at zero: where training has none of them, they add
// nothing.
at::Tensor embedding_weights(std::int64_t rows, std::int64_t width, const RandomStream& init) {
  auto weight = normal_tensor({rows, width}, 1.0, init);
  weight.slice(0, 0, std::min<std::int64_t>(2, rows)).zero_();
  return weight;
}

}  // namespace

Mlp::Mlp(const MlpConfig& config, const ModelShape& shape, const RandomStream& init)
    : config_(config) {
  layer_holder_ = register_module("layers", std::make_shared<Holder>());
  auto width = shape.dense_width;
  if (shape.numbers.columns > 0) {
    numbers_ = register_module(
        "numbers", std::make_shared<NumberEncoder>(shape.numbers, init.at(kNumbersStream)));
    width += shape.numbers.columns * shape.numbers.width;
  }
  add_embeddings(shape, init);
  for (const auto embedding : shape.embedding_widths) width += embedding;
  if (config.norm != Norm::none)
    norm_holder_ = register_module("norms", std::make_shared<Holder>());
  add_terms(shape.terms, width, config.hidden.empty() ? shape.outputs : config.hidden.front(),
            init);
  std::int64_t index = 0;
  for (const auto hidden : config.hidden) {
    layers_.push_back(add_layer(index, width, hidden, init, index == 0 ? shape.terms : 0));
    add_norm(index++, hidden);
    width = hidden;
  }
  layers_.push_back(add_layer(index, width, shape.outputs, init, index == 0 ? shape.terms : 0));
}

// A part of the first layer: drawn as if it lay in that layer's weights.
void Mlp::add_terms(std::int64_t terms, std::int64_t in, std::int64_t out,
                    const RandomStream& init) {
  if (terms == 0) return;
  terms_ = register_module("terms", std::make_shared<TermLayer>(terms, out, first_bound(terms + in),
                                                                init.at(kTermsStream)));
}

std::vector<at::Tensor> Mlp::sparse_parameters() const {
  return terms_ && terms_->sparse() ? std::vector{terms_->weight()} : std::vector<at::Tensor>{};
}

void Mlp::add_embeddings(const ModelShape& shape, const RandomStream& init) {
  if (shape.category_sizes.empty()) return;
  embedding_holder_ = register_module("embeddings", std::make_shared<Holder>());
  for (std::size_t i = 0; i < shape.category_sizes.size(); ++i) {
    auto child = std::make_shared<Holder>();
    static_cast<Holder&>(*embedding_holder_).register_module(std::to_string(i), child);
    embeddings_.push_back(child->register_parameter(
        "weight", embedding_weights(shape.category_sizes[i], shape.embedding_widths[i],
                                    init.at(kEmbeddingStream + i))));
  }
}

Mlp::Layer Mlp::add_layer(std::int64_t index, std::int64_t in, std::int64_t out,
                          const RandomStream& init, std::int64_t terms) {
  auto child = std::make_shared<Holder>();
  static_cast<Holder&>(*layer_holder_).register_module(std::to_string(index), child);
  const auto bound = first_bound(in + terms);
  const auto stream = init.at(static_cast<std::uint64_t>(index));
  Layer layer;
  if (in > 0 || terms == 0) {
    layer.weight =
        child->register_parameter("weight", uniform_tensor({out, in}, bound, stream.at(0)));
  }
  layer.bias = child->register_parameter("bias", uniform_tensor({out}, bound, stream.at(1)));
  return layer;
}

void Mlp::add_norm(std::int64_t index, std::int64_t width) {
  if (config_.norm == Norm::none) return;
  auto& child = static_cast<Holder&>(*norm_holder_).child(std::to_string(index));
  if (config_.norm == Norm::batch) {
    batch_norms_.push_back(BatchNorm::make(child, width));
    return;
  }
  LayerNorm norm;
  norm.weight = child.register_parameter("weight", constant_tensor({width}, 1.0));
  norm.bias = child.register_parameter("bias", constant_tensor({width}, 0.0));
  layer_norms_.push_back(norm);
}

at::Tensor Mlp::input(const Features& features) const {
  if (embeddings_.empty() && !numbers_) return features.dense;
  std::vector<at::Tensor> parts = {features.dense};
  if (numbers_) parts.push_back(numbers_->forward(features.numbers));
  for (std::size_t i = 0; i < embeddings_.size(); ++i) {
    parts.push_back(
        at::embedding(embeddings_[i], features.indices.select(1, static_cast<std::int64_t>(i))));
  }
  return at::cat(parts, 1);
}

at::Tensor Mlp::normalise(std::size_t index, const at::Tensor& x) {
  if (config_.norm == Norm::batch) return batch_norms_[index].forward(x, is_training());
  if (config_.norm == Norm::none) return x;
  const auto& norm = layer_norms_[index];
  return at::layer_norm(x, {norm.weight.numel()}, norm.weight, norm.bias);
}

at::Tensor Mlp::first_layer(const Features& features) const {
  const auto& layer = layers_.front();
  if (!terms_) return at::linear(input(features), layer.weight, layer.bias);
  const auto sums = terms_->forward(features.terms, features.term_weights, features.offsets);
  if (!layer.weight.defined()) return sums + layer.bias;
  return at::linear(input(features), layer.weight, layer.bias) + sums;
}

at::Tensor Mlp::forward(const Features& features, DropoutStream& dropout) {
  auto x = first_layer(features);
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    x = dropout.apply(activate(config_.activation, normalise(i, x)), config_.dropout);
    x = at::linear(x, layers_[i + 1].weight, layers_[i + 1].bias);
  }
  return x;
}

}  // namespace candor
