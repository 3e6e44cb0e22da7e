// SPDX-License-Identifier: Apache-2.0
#include "engine/models/transformer.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <cmath>
#include <string>

#include "core/schema/model_inputs.h"
#include "engine/nn/attention.h"
#include "engine/nn/fused.h"
#include "engine/nn/holder.h"
#include "engine/nn/init.h"
#include "engine/nn/linear.h"
#include "engine/nn/projections.h"
#include "engine/nn/recompute.h"

namespace candor {
namespace {

constexpr double kDeviation = 0.02;  // initializer_range of LlamaConfig

// Angles position * theta^(-2 i / D) for positions (T) and i in [0, D / 2).
at::Tensor rotary_angles(const at::Tensor& positions, const at::Tensor& index, std::int64_t width,
                         double theta) {
  const auto frequency = (index * (-2.0 / static_cast<double>(width) * std::log(theta))).exp();
  return positions.unsqueeze(1) * frequency;
}

// Writes `more` (B, H, T, D) behind the first `length` positions of `cached`, which is made at the
// first call, and returns all that are filled.
at::Tensor extend(at::Tensor& cached, const at::Tensor& more, std::int64_t length,
                  std::int64_t context) {
  if (!cached.defined()) {
    cached = at::empty({more.size(0), more.size(1), context, more.size(3)}, more.options());
  }
  const auto end = length + more.size(2);
  cached.slice(2, length, end).copy_(more);
  return cached.slice(2, 0, end);
}

// From segments (B, T) to the tokens that each one sees, bool (B, 1, T, T): those up to itself in
// its own segment. Rotary angles count from the row's beginning, which changes nothing: attention
// depends on the distance of two tokens alone.
at::Tensor segment_mask(const at::Tensor& segments) {
  if (!segments.defined()) return {};
  return (segments.unsqueeze(2) == segments.unsqueeze(1)).tril().unsqueeze(1);
}

}  // namespace

std::int64_t feed_forward_width(const TransformerConfig& config) {
  if (config.ffn_width) return *config.ffn_width;
  if (config.feed_forward == FeedForward::relu_squared) return 4 * config.width;
  return (8 * config.width / 3 + 31) / 32 * 32;
}

at::Tensor pooling_weights(const at::Tensor& ids, Pooling pooling) {
  const auto real = ids.ne(ModelInputs::kPadding);
  const auto count = real.sum(1, /*keepdim=*/true);
  if (pooling == Pooling::mean) return real.to(at::kFloat) / count.clamp_min(1);
  return real.bitwise_and(real.cumsum(1).eq(count)).to(at::kFloat);
}

Transformer::Transformer(const TransformerConfig& config, const ModelShape& shape,
                         const RandomStream& init)
    : config_(config),
      head_width_(config.width / config.heads),
      kv_heads_(config.kv_heads.value_or(config.heads)),
      language_model_(shape.vocabulary == 0) {
  const auto vocabulary = language_model_ ? shape.outputs : shape.vocabulary;
  auto model = register_module("model", std::make_shared<Holder>());
  embedding_ = model->child("embed_tokens")
                   .register_parameter(
                       "weight", normal_tensor({vocabulary, config.width}, kDeviation, init.at(0)));
  for (std::int64_t i = 0; i < config.layers; ++i) layers_.push_back(make_layer(i, init));
  final_norm_ =
      model->child("norm").register_parameter("weight", constant_tensor({config.width}, 1.0));
  if (!language_model_ || !config.tie_embeddings) add_head(shape.outputs, init.at(1));
  const auto positions = at::arange(config.context, at::kFloat);
  const auto table = rotary_angles(positions, at::arange(head_width_ / 2, at::kFloat), head_width_,
                                   config.rope_theta);
  table_ = {on_init_device(table.cos()), on_init_device(table.sin())};
}

Transformer::Layer Transformer::make_layer(std::int64_t index, const RandomStream& init) {
  auto& model = static_cast<Holder&>(*named_children()["model"]);
  auto& holder = model.child("layers").child(std::to_string(index));
  const auto stream = init.at(static_cast<std::uint64_t>(2 + index));
  std::uint64_t number = 0;
  const auto matrix = [&](const char* part, const char* name, std::int64_t out, std::int64_t in) {
    return holder.child(part).child(name).register_parameter(
        "weight", normal_tensor({out, in}, kDeviation, stream.at(number++)));
  };
  const auto width = config_.width, kv = kv_heads_ * head_width_, ffn = feed_forward_width(config_);
  Layer layer;
  layer.input_norm =
      holder.child("input_layernorm").register_parameter("weight", constant_tensor({width}, 1.0));
  layer.q = matrix("self_attn", "q_proj", width, width);
  layer.k = matrix("self_attn", "k_proj", kv, width);
  layer.v = matrix("self_attn", "v_proj", kv, width);
  layer.o = matrix("self_attn", "o_proj", width, width);
  layer.post_norm = holder.child("post_attention_layernorm")
                        .register_parameter("weight", constant_tensor({width}, 1.0));
  const auto vector = [&](const char* name, std::int64_t size, double value) {
    return holder.child("self_attn")
        .child(name)
        .register_parameter("weight", constant_tensor({size}, value));
  };
  if (config_.qk_norm) {
    layer.q_norm = vector("q_norm", head_width_, 1.0);
    layer.k_norm = vector("k_norm", head_width_, 1.0);
  }
  if (config_.value_residual && index > 0) layer.value_mix = vector("value_mix", 2, 0.5);
  const bool gated = config_.feed_forward == FeedForward::swiglu;
  if (gated) layer.gate = matrix("mlp", "gate_proj", ffn, width);
  layer.up = matrix("mlp", "up_proj", ffn, width);
  layer.down = matrix("mlp", "down_proj", width, ffn);
  return layer;
}

void Transformer::add_head(std::int64_t outputs, const RandomStream& init) {
  auto holder = register_module(language_model_ ? "lm_head" : "score", std::make_shared<Holder>());
  head_ = holder->register_parameter("weight",
                                     normal_tensor({outputs, config_.width}, kDeviation, init));
}

// The table of angles is no part of the state, but it lives where the weights do.
void Transformer::to(torch::Device device, bool non_blocking) {
  Model::to(device, non_blocking);
  table_ = {table_.cosine.to(device, non_blocking), table_.sine.to(device, non_blocking)};
}

// Positions 0 .. T - 1 of ids (B, T). A trace must not know T, so there they are counted by
// operations on the ids, as for texts beyond the table.
Transformer::Angles Transformer::angles_like(const at::Tensor& ids) const {
  if (!torch::jit::tracer::isTracing() && ids.size(1) <= config_.context) {
    return {table_.cosine.slice(0, 0, ids.size(1)), table_.sine.slice(0, 0, ids.size(1))};
  }
  const auto count = [](const at::Tensor& like) { return at::ones_like(like).cumsum(0) - 1.0; };
  const auto positions = count(ids.select(0, 0).to(at::kFloat));
  const auto index = count(final_norm_.slice(0, 0, head_width_ / 2));
  const auto angles = rotary_angles(positions, index, head_width_, config_.rope_theta);
  return {angles.cos(), angles.sin()};
}

// x (B, T, C), already normalised.
at::Tensor Transformer::attention(std::size_t index, const at::Tensor& x, Pass& pass) const {
  const auto& layer = layers_[index];
  const auto packed = project(x, {layer.q, layer.k, layer.v});
  const bool usual = !config_.qk_norm && !config_.value_residual && kv_heads_ == config_.heads &&
                     !pass.mask.defined() && pass.cache == nullptr;
  if (usual && has_rotary_attention(packed)) {
    return linear_layer(
        rotary_attention(packed, pass.angles.cosine, pass.angles.sine, config_.heads), layer.o);
  }
  const auto width = config_.heads * head_width_, kv = kv_heads_ * head_width_;
  const auto heads = [&](std::int64_t first, std::int64_t count) {
    return packed.narrow(-1, first, count).unflatten(-1, {-1, head_width_});  // (B, T, H, D)
  };
  const auto rotated = [&](const at::Tensor& states, const at::Tensor& norm) {
    const auto normed = norm.defined() ? rms_norm(states, norm, config_.norm_eps) : states;
    return rotary(normed, pass.angles.cosine, pass.angles.sine).transpose(1, 2);
  };
  const auto q = rotated(heads(0, width), layer.q_norm);
  auto k = rotated(heads(width, kv), layer.k_norm);
  auto v = heads(width + kv, kv);
  if (config_.value_residual) {
    if (index == 0) {
      pass.first_values = v;
    } else {
      v = v * layer.value_mix[0] + pass.first_values * layer.value_mix[1];
    }
  }
  v = v.transpose(1, 2);
  bool causal = true;
  if (auto* cache = pass.cache) {
    // The fused kernel aligns its causal mask top left: right for a prefill, wrong for one query
    // against many keys.
    causal = cache->length == 0;
    k = extend(cache->keys[index], k, cache->length, config_.context);
    v = extend(cache->values[index], v, cache->length, config_.context);
  }
  const auto mask = pass.mask.defined() ? std::optional(pass.mask) : std::nullopt;
  const auto mixed =
      at::scaled_dot_product_attention(q, k, v, mask, 0.0, causal && !mask, std::nullopt,
                                       /*enable_gqa=*/kv_heads_ != config_.heads);
  return linear_layer(mixed.transpose(1, 2).flatten(2), layer.o);
}

at::Tensor Transformer::feed_forward(const Layer& layer, const at::Tensor& x) const {
  if (config_.feed_forward == FeedForward::relu_squared) {
    return linear_layer(linear_layer(x, layer.up).relu().square(), layer.down);
  }
  return linear_layer(swiglu(project(x, {layer.gate, layer.up})), layer.down);
}

at::Tensor Transformer::dropped(const at::Tensor& added, std::size_t index, Pass& pass) const {
  // Rises linearly to its value at the last layer (Huang et al. 2016, section 3).
  const auto skipped = config_.stochastic_depth * static_cast<double>(index + 1) /
                       static_cast<double>(layers_.size());
  return pass.dropout.apply_rows(pass.dropout.apply(added, config_.dropout), skipped);
}

Transformer::Addends Transformer::layer_sums(std::size_t index, const AddedNorm& state,
                                             Pass& pass) const {
  const auto& own = layers_[index];
  const auto mixed = dropped(attention(index, state.normed, pass), index, pass);
  const auto middle = add_rms_norm(state.sum, mixed, own.post_norm, config_.norm_eps);
  return {middle.sum, dropped(feed_forward(own, middle.normed), index, pass)};
}

AddedNorm Transformer::layer(std::size_t index, const AddedNorm& state, const at::Tensor& next_norm,
                             Pass& pass) const {
  const auto sums = layer_sums(index, state, pass);
  return add_rms_norm(sums.before, sums.added, next_norm, config_.norm_eps);
}

// The layer as one function of the sum before it, which is all that it keeps.
AddedNorm Transformer::layer_again(std::size_t index, const AddedNorm& state,
                                   const at::Tensor& next_norm, Pass& pass) const {
  const auto run = [this, index, angles = pass.angles, mask = pass.mask](
                       const std::vector<at::Tensor>& inputs, DropoutStream& dropout) {
    Pass again{angles, mask, dropout, nullptr, inputs.size() > 1 ? inputs[1] : at::Tensor()};
    const auto normed = rms_norm(inputs[0], layers_[index].input_norm, config_.norm_eps);
    const auto sums = layer_sums(index, {inputs[0], normed}, again);
    return sums.before + sums.added;
  };
  std::vector<at::Tensor> inputs = {state.sum};
  if (pass.first_values.defined()) inputs.push_back(pass.first_values);
  const auto sum = recompute(run, inputs, pass.dropout);
  return {sum, rms_norm(sum, next_norm, config_.norm_eps)};
}

at::Tensor Transformer::hidden(const at::Tensor& ids, Pass& pass) const {
  AddedNorm state;
  state.sum = at::embedding(embedding_, ids);
  state.normed = rms_norm(state.sum, layers_.front().input_norm, config_.norm_eps);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& next = i + 1 < layers_.size() ? layers_[i + 1].input_norm : final_norm_;
    // The first layer's values go to all others, so it is not computed again for them.
    const bool again = recomputes_ && pass.cache == nullptr && (i > 0 || !config_.value_residual);
    state = again ? layer_again(i, state, next, pass) : layer(i, state, next, pass);
  }
  return state.normed;
}

at::Tensor Transformer::answer(const at::Tensor& x) const {
  const auto logits = linear_layer(x, head_.defined() ? head_ : embedding_);
  if (!config_.logit_softcap) return logits;
  return (logits / *config_.logit_softcap).tanh() * *config_.logit_softcap;
}

at::Tensor Transformer::forward(const Features& features, DropoutStream& dropout) {
  const auto& ids = features.indices;
  Pass pass{angles_like(ids), segment_mask(features.segments), dropout, nullptr, {}};
  if (language_model_) return answer(hidden(ids, pass));
  // Padding has the state of some token, whose pooling weight is 0.
  const auto states = hidden(ids.clamp_min(0), pass);
  const auto weights = pooling_weights(ids, config_.pooling);
  return answer(weights.unsqueeze(1).matmul(states).squeeze(1));
}

at::Tensor Transformer::step(const at::Tensor& ids, KvCache& cache) {
  TORCH_CHECK(language_model_, "only a language model goes on from a text");
  cache.keys.resize(layers_.size());
  cache.values.resize(layers_.size());
  const auto end = cache.length + ids.size(1);
  TORCH_CHECK(end <= config_.context, "the cache holds ", config_.context, " tokens at most");
  TORCH_CHECK(cache.length == 0 || ids.size(1) == 1,
              "a filled cache goes on by one token at a time");
  const Angles angles = {table_.cosine.slice(0, cache.length, end),
                         table_.sine.slice(0, cache.length, end)};
  DropoutStream off;
  Pass pass{angles, {}, off, &cache, {}};
  const auto x = hidden(ids, pass);
  cache.length = end;
  return answer(x.select(1, -1));
}

}  // namespace candor
