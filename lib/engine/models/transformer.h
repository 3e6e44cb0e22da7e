// SPDX-License-Identifier: Apache-2.0
// Decoder-only Transformer of the Llama family, computed as Hugging Face LlamaForCausalLM computes
// it and with its weight names (model.embed_tokens.weight, model.layers.N.self_attn.q_proj.weight,
// ...).
#pragma once

#include <vector>

#include "engine/models/model.h"

namespace candor {

// Keys (rotated) and values of every layer so far: (B, kv_heads, context, head_width) each, of
// which the first `length` positions are filled.
struct KvCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
  std::int64_t length = 0;  // tokens held
};

// Width of the feed-forward layer: config.ffn_width, or 8/3 width rounded up to a multiple of 32.
std::int64_t feed_forward_width(const TransformerConfig& config);

class Transformer : public Model {
 public:
  Transformer(const TransformerConfig& config, std::int64_t vocabulary, const RandomStream& init);
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;

  using torch::nn::Module::to;
  void to(torch::Device device, bool non_blocking = false) override;

  // Continues `cache` by `ids` (B, T) and returns the logits of the last position (B, V). With an
  // empty cache this is the prefill; otherwise T is 1. cache.length + T must not exceed
  // config.context. Same values as forward() up to rounding.
  at::Tensor step(const at::Tensor& ids, KvCache& cache);

 private:
  struct Layer {
    at::Tensor input_norm, q, k, v, o, post_norm, gate, up, down;
  };
  // Cosine and sine (T, D / 2) of consecutive positions.
  struct Angles {
    at::Tensor cosine, sine;
  };

  Layer make_layer(std::int64_t index, const RandomStream& init);
  Angles angles_like(const at::Tensor& ids) const;
  // `mask` bool (B, 1, T, T): which earlier tokens each one sees; undefined: all.
  at::Tensor attention(const Layer& layer, std::size_t index, const at::Tensor& x,
                       const Angles& angles, const at::Tensor& mask, KvCache* cache) const;
  at::Tensor hidden(const at::Tensor& ids, const Angles& angles, const at::Tensor& mask,
                    DropoutStream& dropout, KvCache* cache) const;
  at::Tensor logits(const at::Tensor& x) const;

  TransformerConfig config_;
  std::int64_t head_width_;
  std::int64_t kv_heads_;
  at::Tensor embedding_, final_norm_, head_;  // head_ undefined when tied
  std::vector<Layer> layers_;
  Angles table_;  // of every position up to the context; not part of the state
};

}  // namespace candor
