// SPDX-License-Identifier: Apache-2.0
// Multi-layer perceptron over scaled or encoded numbers, one-hot features, embedded categories and
// the weighted terms of texts; one, or an ensemble whose members share their matrices: TabM
// (Gorishniy et al. 2025, section 3).
#pragma once

#include <vector>

#include "engine/models/model.h"
#include "engine/models/number_encoder.h"
#include "engine/nn/batch_norm.h"
#include "engine/nn/member_linear.h"
#include "engine/nn/term_layer.h"

namespace candor {

// Names: numbers.* (number_encoder.h), embeddings.N.weight, terms.weight (the part of the first
// layer that terms go through, one row per term; term_layer.h), layers.N.weight (absent of a first
// layer that reads terms only), layers.N.bias (the last layer is the output), norms.N.*.
// An ensemble has, beside the hidden layers' layers.N.weight, layers.N.r (K, in) and layers.N.s
// (K, out) where there are such adapters, layers.N.bias, of each member's own ([K out]) in the full
// kind, and for the output head.weight (K, in, out) and head.bias [K out]. Biases are flat, so that
// they do not decay (decays()); adapters do, as in the paper's code.
class Mlp : public Model {
 public:
  Mlp(const MlpConfig& config, const ModelShape& shape, const RandomStream& init);
  // An ensemble: (N, K, outputs) in training; otherwise (N, outputs), the logarithm of the members'
  // mean probability, or their mean value.
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;
  std::vector<at::Tensor> sparse_parameters() const override;
  bool rows_independent() const override { return config_.norm != Norm::batch; }

 private:
  struct LayerNorm {
    at::Tensor weight, bias;
  };
  // `terms`: inputs beside `in` that terms_ has the weights of.
  void add_layer(std::int64_t in, std::int64_t out, const RandomStream& init, std::int64_t terms);
  void add_adapters(const ModelShape& shape, std::int64_t in, std::int64_t out,
                    const RandomStream& init);
  void add_heads(std::int64_t in, std::int64_t out, const RandomStream& init);
  void add_terms(std::int64_t terms, std::int64_t in, std::int64_t out, const RandomStream& init);
  void add_norm(std::int64_t index, std::int64_t width);
  void add_embeddings(const ModelShape& shape, const RandomStream& init);
  at::Tensor first_adapter(const std::vector<std::int64_t>& sections,
                           const RandomStream& init) const;
  at::Tensor input(const Features& features) const;
  at::Tensor first_layer(const Features& features) const;
  at::Tensor hidden(std::size_t index, const at::Tensor& x, DropoutStream& dropout);
  // Hidden layers are a matrix product, ReLU and dropout, nothing between them.
  bool plain_relu() const;
  at::Tensor normalise(std::size_t index, const at::Tensor& x);
  at::Tensor answer(const at::Tensor& members) const;

  MlpConfig config_;
  std::int64_t members_;                    // 1: no ensemble
  bool values_;                             // the answer is a value, not logits
  std::shared_ptr<NumberEncoder> numbers_;  // null: numbers do not become vectors here
  std::shared_ptr<TermLayer> terms_;        // null: no column of text
  std::vector<at::Tensor> embeddings_;
  // Where there is no ensemble, the last is the output and none has adapters. The first one's
  // weight is undefined where it reads terms only.
  std::vector<MemberLinear> layers_;
  at::Tensor head_weight_, head_bias_;
  std::vector<LayerNorm> layer_norms_;
  std::vector<BatchNorm> batch_norms_;
  std::shared_ptr<torch::nn::Module> layer_holder_, norm_holder_, embedding_holder_;
};

}  // namespace candor
