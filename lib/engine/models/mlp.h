// SPDX-License-Identifier: Apache-2.0
// Multi-layer perceptron over scaled or encoded numbers, one-hot features, embedded categories and
// the weighted terms of texts.
#pragma once

#include <vector>

#include "engine/models/model.h"
#include "engine/models/number_encoder.h"
#include "engine/nn/batch_norm.h"
#include "engine/nn/term_layer.h"

namespace candor {

// Names: numbers.* (number_encoder.h), embeddings.N.weight, terms.weight (the part of the first
// layer that terms go through, one row per term; term_layer.h), layers.N.weight (absent of a first
// layer that reads terms only), layers.N.bias (the last layer is the output), norms.N.*.
class Mlp : public Model {
 public:
  Mlp(const MlpConfig& config, const ModelShape& shape, const RandomStream& init);
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;
  std::vector<at::Tensor> sparse_parameters() const override;

 private:
  struct Layer {
    at::Tensor weight, bias;  // (out, in), or undefined where in is 0; (out)
  };
  struct LayerNorm {
    at::Tensor weight, bias;
  };
  // `terms`: inputs beside `in` that terms_ has the weights of.
  Layer add_layer(std::int64_t index, std::int64_t in, std::int64_t out, const RandomStream& init,
                  std::int64_t terms = 0);
  void add_terms(std::int64_t terms, std::int64_t in, std::int64_t out, const RandomStream& init);
  void add_norm(std::int64_t index, std::int64_t width);
  void add_embeddings(const ModelShape& shape, const RandomStream& init);
  at::Tensor input(const Features& features) const;
  at::Tensor first_layer(const Features& features) const;
  at::Tensor normalise(std::size_t index, const at::Tensor& x);

  MlpConfig config_;
  std::shared_ptr<NumberEncoder> numbers_;  // null: numbers do not become vectors here
  std::shared_ptr<TermLayer> terms_;        // null: no column of text
  std::vector<at::Tensor> embeddings_;
  std::vector<Layer> layers_;
  std::vector<LayerNorm> layer_norms_;
  std::vector<BatchNorm> batch_norms_;
  std::shared_ptr<torch::nn::Module> layer_holder_, norm_holder_, embedding_holder_;
};

}  // namespace candor
