// SPDX-License-Identifier: Apache-2.0
#include "engine/models/mlp.h"

#include <torch/torch.h>

#include <cmath>
#include <numeric>
#include <string>

#include "engine/nn/holder.h"
#include "engine/nn/init.h"
#include "engine/nn/linear.h"
#include "engine/nn/relu_dropout.h"

namespace candor {
namespace {

// Children of the stream of first weights; layers have 0, 1, ...
constexpr std::uint64_t kEmbeddingStream = 1000000;
constexpr std::uint64_t kNumbersStream = 2000000;
constexpr std::uint64_t kTermsStream = 3000000;
constexpr std::uint64_t kAdapterStream = 4000000;
constexpr std::uint64_t kHeadStream = 5000000;

// As torch.nn.Linear: both uniform within 1 / sqrt(fan_in) (He et al. 2015 with a = sqrt(5)).
double first_bound(std::int64_t inputs) {
  return inputs > 0 ? 1.0 / std::sqrt(static_cast<double>(inputs)) : 0.0;
}

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::relu: return x.relu_();
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

// Widths of what one column each becomes in the inputs, in the order of Mlp::input().
std::vector<std::int64_t> sections_of(const ModelShape& shape) {
  std::vector<std::int64_t> sections(static_cast<std::size_t>(shape.dense_width), 1);
  sections.insert(sections.end(), static_cast<std::size_t>(shape.numbers.columns),
                  shape.numbers.width);
  sections.insert(sections.end(), shape.embedding_widths.begin(), shape.embedding_widths.end());
  return sections;
}

}  // namespace

Mlp::Mlp(const MlpConfig& config, const ModelShape& shape, const RandomStream& init)
    : config_(config),
      members_(config.ensemble ? config.ensemble->members : 1),
      values_(shape.outputs == 1) {
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
  auto widths = config.hidden;
  if (!config.ensemble) widths.push_back(shape.outputs);
  for (const auto out : widths) {
    const bool first = layers_.empty();
    add_layer(width, out, init, first ? shape.terms : 0);
    if (config.ensemble) add_adapters(shape, width, out, init);
    if (layers_.size() <= config.hidden.size()) {
      add_norm(static_cast<std::int64_t>(layers_.size()) - 1, out);
    }
    width = out;
  }
  if (config.ensemble) add_heads(width, shape.outputs, init);
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

void Mlp::add_layer(std::int64_t in, std::int64_t out, const RandomStream& init,
                    std::int64_t terms) {
  const auto index = layers_.size();
  auto& child = static_cast<Holder&>(*layer_holder_).child(std::to_string(index));
  const auto bound = first_bound(in + terms);
  const auto stream = init.at(static_cast<std::uint64_t>(index));
  MemberLinear layer;
  if (in > 0 || terms == 0) {
    layer.weight =
        child.register_parameter("weight", uniform_tensor({out, in}, bound, stream.at(0)));
  }
  layer.bias = uniform_tensor({out}, bound, stream.at(1));
  // Members begin with one bias.
  const bool own = config_.ensemble && config_.ensemble->kind == EnsembleKind::full;
  if (own) layer.bias = layer.bias.repeat({members_});
  layer.bias = child.register_parameter("bias", layer.bias);
  layers_.push_back(layer);
}

// Members begin apart in the first adapter alone; where no input but terms goes through it, that is
// the one behind the terms' layer.
void Mlp::add_adapters(const ModelShape& shape, std::int64_t in, std::int64_t out,
                       const RandomStream& init) {
  const auto index = layers_.size() - 1;
  auto& layer = layers_.back();
  auto& child = static_cast<Holder&>(*layer_holder_).child(std::to_string(index));
  const bool full = config_.ensemble->kind == EnsembleKind::full;
  const bool first = index == 0, terms_only = !layer.weight.defined();
  if (!terms_only && (first || full)) {
    layer.r = child.register_parameter("r", first ? first_adapter(sections_of(shape), init)
                                                  : constant_tensor({members_, in}, 1.0));
  }
  if (terms_only || full) {
    const std::vector<std::int64_t> each(static_cast<std::size_t>(out), 1);
    layer.s = child.register_parameter(
        "s", terms_only ? first_adapter(each, init) : constant_tensor({members_, out}, 1.0));
  }
}

// (K, sum of the sections): one draw for all that a column becomes, so that a member weighs whole
// columns. Signs, or N(0, 1) where numbers are encoded, as in the paper's code.
at::Tensor Mlp::first_adapter(const std::vector<std::int64_t>& sections,
                              const RandomStream& init) const {
  std::vector<std::int64_t> section_of;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    section_of.insert(section_of.end(), static_cast<std::size_t>(sections[i]),
                      static_cast<std::int64_t>(i));
  }
  const auto drawn = normal_tensor({members_, static_cast<std::int64_t>(sections.size())}, 1.0,
                                   init.at(kAdapterStream));
  const bool encoded = sections.size() < section_of.size();
  const auto index = on_init_device(torch::tensor(section_of, torch::kInt64));
  // Not index_select(): models are also made on the meta device, which does not have it.
  return (encoded ? drawn : drawn.sign()).index({torch::indexing::Slice(), index});
}

void Mlp::add_heads(std::int64_t in, std::int64_t out, const RandomStream& init) {
  auto head = register_module("head", std::make_shared<Holder>());
  const auto bound = first_bound(in);
  const auto stream = init.at(kHeadStream);
  head_weight_ =
      head->register_parameter("weight", uniform_tensor({members_, in, out}, bound, stream.at(0)));
  head_bias_ =
      head->register_parameter("bias", uniform_tensor({members_ * out}, bound, stream.at(1)));
}

void Mlp::add_norm(std::int64_t index, std::int64_t width) {
  if (config_.norm == Norm::none) return;
  auto& child = static_cast<Holder&>(*norm_holder_).child(std::to_string(index));
  if (config_.norm == Norm::batch) {
    batch_norms_.push_back(BatchNorm::make(child, members_ * width));
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

// Of an ensemble, batch normalisation has statistics of each member's own: a member is a network.
at::Tensor Mlp::normalise(std::size_t index, const at::Tensor& x) {
  if (config_.norm == Norm::none) return x;
  if (config_.norm == Norm::batch) {
    const auto& norm = batch_norms_[index];
    const auto width = norm.weight.size(0);
    return norm.forward(x.view({-1, width}), is_training()).view({-1, width / members_});
  }
  const auto& norm = layer_norms_[index];
  return at::layer_norm(x, {norm.weight.numel()}, norm.weight, norm.bias);
}

at::Tensor Mlp::first_layer(const Features& features) const {
  const auto& layer = layers_.front();
  const auto sums = terms_
                        ? terms_->forward(features.terms, features.term_weights, features.offsets)
                        : at::Tensor();
  if (config_.ensemble) {
    return layer.weight.defined() ? member_inputs(layer, members_, input(features), sums)
                                  : member_sums(layer, members_, sums);
  }
  if (!layer.weight.defined()) return sums + layer.bias;
  const auto y = linear_layer(input(features), layer.weight, layer.bias);
  return sums.defined() ? y + sums : y;
}

at::Tensor Mlp::hidden(std::size_t index, const at::Tensor& x, DropoutStream& dropout) {
  const auto normal = normalise(index, x);
  if (config_.activation == Activation::relu) return relu_dropout(normal, dropout, config_.dropout);
  return dropout.apply(activate(config_.activation, normal), config_.dropout);
}

// Training sees every member; everybody else their mean.
at::Tensor Mlp::answer(const at::Tensor& members) const {
  if (is_training()) return members;
  if (values_) return members.mean(1);
  return members.log_softmax(2).logsumexp(1) - std::log(static_cast<double>(members_));
}

bool Mlp::plain_relu() const {
  return config_.activation == Activation::relu && config_.norm == Norm::none && !config_.ensemble;
}

at::Tensor Mlp::forward(const Features& features, DropoutStream& dropout) {
  const auto& widths = config_.hidden;
  if (widths.empty()) return first_layer(features);
  const auto fused = [&](std::size_t index, const at::Tensor& in) {
    const auto& layer = layers_[index];
    return linear_relu(in, layer.weight, layer.bias, dropout, config_.dropout);
  };
  auto x = plain_relu() && !terms_ ? fused(0, input(features))
                                   : hidden(0, first_layer(features), dropout);
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const auto next =
        plain_relu() ? fused(i, x) : hidden(i, member_linear(layers_[i], members_, x), dropout);
    x = config_.residual && widths[i] == widths[i - 1] ? x + next : next;
  }
  if (config_.ensemble) return answer(member_heads(x, head_weight_, head_bias_));
  return linear_layer(x, layers_.back().weight, layers_.back().bias);
}

}  // namespace candor
