// SPDX-License-Identifier: Apache-2.0
// Decoder-only Transformer of the Llama family, computed as Hugging Face LlamaForCausalLM computes it and with
// its weight names (model.embed_tokens.weight, model.layers.N.self_attn.q_proj.weight, ...).
#pragma once

#include <vector>

#include "engine/models/model.h"

namespace candor {

// Keys (rotated) and values of every layer so far: (B, kv_heads, T, head_width) each.
struct KvCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
  std::int64_t length = 0;  // tokens held
};

class Transformer : public Model {
 public:
  Transformer(const TransformerConfig& config, std::int64_t vocabulary, const RandomStream& init);
  ~Transformer() override;
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;

  // Continues `cache` by `ids` (B, T) and returns the logits of the last position (B, V). With an empty cache this
  // is the prefill; otherwise T is 1. Same values as forward() up to rounding.
  at::Tensor step(const at::Tensor& ids, KvCache& cache);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace candor
