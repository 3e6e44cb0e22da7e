// SPDX-License-Identifier: Apache-2.0
// The one list of models.
#include "engine/models/mlp.h"
#include "engine/models/model.h"
#include "engine/models/resnet.h"
#include "engine/models/transformer.h"

namespace candor {
namespace {

struct Maker {
  const ModelShape& shape;
  const RandomStream& init;

  std::shared_ptr<Model> operator()(const MlpConfig& config) const {
    return std::make_shared<Mlp>(config, shape, init);
  }
  std::shared_ptr<Model> operator()(const TransformerConfig& config) const {
    return std::make_shared<Transformer>(config, shape, init);
  }
  std::shared_ptr<Model> operator()(const ResNetConfig& config) const {
    return std::make_shared<ResNet>(config, shape.outputs, init);
  }
};

}  // namespace

std::shared_ptr<Model> make_model(const ModelConfig& config, const ModelShape& shape,
                                  const RandomStream& init) {
  return std::visit(Maker{shape, init}, config);
}

bool decays(const at::Tensor& parameter) { return parameter.dim() >= 2; }

}  // namespace candor
