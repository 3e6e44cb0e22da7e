// SPDX-License-Identifier: Apache-2.0
// Decoder-only Transformer of the Llama family, computed as Hugging Face LlamaForCausalLM computes
// it and with its weight names (model.embed_tokens.weight, model.layers.N.self_attn.q_proj.weight,
// ...). Where texts have a class or a value it is LlamaForSequenceClassification: score.weight in
// place of lm_head.weight.
#pragma once

#include <vector>

#include "engine/models/model.h"
#include "engine/nn/fused.h"

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

// How much of each token's state a text's answer is read from, float32 (B, T), from ids (B, T) in
// which ModelInputs::kPadding is no token. Each row sums to 1: one token, the last, has it all, or
// all have the same. A row without any token is 0 throughout, so that its state is 0 and not NaN.
at::Tensor pooling_weights(const at::Tensor& ids, Pooling pooling);

// A language model where shape.vocabulary is 0, with logits (B, T, V) of every next token;
// otherwise a model of whole texts: (B, shape.outputs) from the states that config.pooling names.
// Texts may end in padding. Attention is causal, so no token sees the padding behind it: the answer
// to a text is the same, up to rounding, whatever stands beside it in a batch, and no mask is
// needed.
class Transformer : public Model {
 public:
  Transformer(const TransformerConfig& config, const ModelShape& shape, const RandomStream& init);
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;

  bool language_model() const { return language_model_; }

  using torch::nn::Module::to;
  void to(torch::Device device, bool non_blocking = false) override;

  // Language models only. Continues `cache` by `ids` (B, T) and returns the logits of the last
  // position (B, V). With an empty cache this is the prefill; otherwise T is 1. cache.length + T
  // must not exceed config.context. Same values as forward() up to rounding.
  at::Tensor step(const at::Tensor& ids, KvCache& cache);

 private:
  struct Layer {
    at::Tensor input_norm, q, k, v, o, post_norm, gate, up, down;
    at::Tensor q_norm, k_norm;  // (D), of each head's queries and keys; config.qk_norm
    at::Tensor value_mix;       // (2), of the layer's own values and the first's; all but the first
  };
  // Cosine and sine (T, D / 2) of consecutive positions.
  struct Angles {
    at::Tensor cosine, sine;
  };

  Layer make_layer(std::int64_t index, const RandomStream& init);
  void add_head(std::int64_t outputs, const RandomStream& init);
  Angles angles_like(const at::Tensor& ids) const;
  // What the layers of one forward pass share.
  struct Pass {
    Angles angles;
    at::Tensor mask;  // bool (B, 1, T, T): which earlier tokens each one sees; undefined: all
    DropoutStream& dropout;
    KvCache* cache;           // null: none
    at::Tensor first_values;  // (B, T, H, D), of the first layer
  };
  at::Tensor attention(std::size_t layer, const at::Tensor& x, Pass& pass) const;
  at::Tensor feed_forward(const Layer& layer, const at::Tensor& x) const;
  at::Tensor dropped(const at::Tensor& added, std::size_t layer, Pass& pass) const;
  // What the sum behind layer `index` is of: that before its feed-forward part, and what that adds.
  struct Addends {
    at::Tensor before, added;
  };
  Addends layer_sums(std::size_t index, const AddedNorm& state, Pass& pass) const;
  // From the sum before layer `index` and its norm to the sum behind it and the next one's norm.
  AddedNorm layer(std::size_t index, const AddedNorm& state, const at::Tensor& next_norm,
                  Pass& pass) const;
  AddedNorm layer_again(std::size_t index, const AddedNorm& state, const at::Tensor& next_norm,
                        Pass& pass) const;
  at::Tensor hidden(const at::Tensor& ids, Pass& pass) const;
  at::Tensor answer(const at::Tensor& x) const;

  TransformerConfig config_;
  std::int64_t head_width_;
  std::int64_t kv_heads_;
  bool language_model_;
  at::Tensor embedding_, final_norm_;
  at::Tensor head_;  // of tokens, or of classes; undefined where it is the embedding
  std::vector<Layer> layers_;
  Angles table_;  // of every position up to the context; not part of the state
};

}  // namespace candor
