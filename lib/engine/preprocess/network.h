// SPDX-License-Identifier: Apache-2.0
// Tensor stage + model: what is trained, served and exported. Children are named "preprocess" and
// "model".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/models/model.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

class Network : public torch::nn::Module {
 public:
  Network(std::shared_ptr<TensorStage> stage, std::shared_ptr<Model> model)
      : stage_(register_module("preprocess", std::move(stage))),
        model_(register_module("model", std::move(model))) {}

  // As the loss sees it: logits, or the standardised value.
  at::Tensor forward(const InputTensors& inputs, DropoutStream& dropout) {
    return model_->forward(stage_->forward(inputs), dropout);
  }
  // As an exported graph gives it: logits [N, K] / [N, T, V], or values [N, 1] in the target's own
  // unit, float32.
  at::Tensor predict(const InputTensors& inputs) {
    DropoutStream off;
    return stage_->invert(forward(inputs, off));
  }

  // Regression: one value per row in the target's own unit, as evaluation, prediction and serving
  // tell it.
  std::vector<double> predict_values(const InputTensors& inputs) {
    DropoutStream off;
    const auto standardised = forward(inputs, off).to(at::kCPU, at::kDouble).contiguous();
    const auto* first = standardised.data_ptr<double>();
    std::vector<double> values(first, first + standardised.numel());
    for (auto& value : values) value = stage_->table()->in_target_unit(value);
    return values;
  }

  std::int64_t parameter_count() const {
    std::int64_t count = 0;
    for (const auto& parameter : model_->parameters()) count += parameter.numel();
    return count;
  }

  TensorStage& stage() { return *stage_; }
  Model& model() { return *model_; }

 private:
  std::shared_ptr<TensorStage> stage_;
  std::shared_ptr<Model> model_;
};

}  // namespace candor
