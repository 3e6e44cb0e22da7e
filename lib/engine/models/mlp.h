// SPDX-License-Identifier: Apache-2.0
// Multi-layer perceptron over scaled or encoded numbers, one-hot features and embedded categories.
#pragma once

#include <vector>

#include "engine/models/model.h"
#include "engine/models/number_encoder.h"
#include "engine/nn/batch_norm.h"

namespace candor {

// Names: numbers.* (number_encoder.h), embeddings.N.weight, layers.N.weight, layers.N.bias (the
// last layer is the output), norms.N.*.
class Mlp : public Model {
 public:
  Mlp(const MlpConfig& config, const ModelShape& shape, const RandomStream& init);
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;

 private:
  struct Layer {
    at::Tensor weight, bias;  // (out, in), (out)
  };
  struct LayerNorm {
    at::Tensor weight, bias;
  };
  Layer add_layer(std::int64_t index, std::int64_t in, std::int64_t out, const RandomStream& init);
  void add_norm(std::int64_t index, std::int64_t width);
  void add_embeddings(const ModelShape& shape, const RandomStream& init);
  at::Tensor input(const Features& features) const;
  at::Tensor normalise(std::size_t index, const at::Tensor& x);

  MlpConfig config_;
  std::shared_ptr<NumberEncoder> numbers_;  // null: numbers do not become vectors here
  std::vector<at::Tensor> embeddings_;
  std::vector<Layer> layers_;
  std::vector<LayerNorm> layer_norms_;
  std::vector<BatchNorm> batch_norms_;
  std::shared_ptr<torch::nn::Module> layer_holder_, norm_holder_, embedding_holder_;
};

}  // namespace candor
