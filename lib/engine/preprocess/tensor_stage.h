// SPDX-License-Identifier: Apache-2.0
// Tensor stage: ModelInputs as tensors -> Features, by fitted buffers. One module for training,
// prediction and every export.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "engine/models/model.h"

namespace candor {

// Tensors of ModelInputs; undefined where the task has none.
struct InputTensors {
  at::Tensor numeric;      // float32 [N, F], NaN: missing
  at::Tensor categorical;  // int64 [N, C]
  at::Tensor image;        // uint8 [N, 3, H, W]
  at::Tensor ids;          // int64 [N, T]

  // The defined ones, in the order of the fields above; that is the argument order of exported graphs.
  std::vector<at::Tensor> list() const;
  std::vector<std::string> names() const;
  static InputTensors from_list(const std::vector<std::string>& names, const std::vector<at::Tensor>& list);
  InputTensors to(at::Device device) const;
};

// Copies host rows into tensors of their own.
InputTensors to_tensors(const ModelInputs& inputs, std::int64_t numeric_columns,
                        std::int64_t category_columns, std::int64_t image_size);

class TensorStage : public torch::nn::Module {
 public:
  virtual Features forward(const InputTensors& inputs) const = 0;
  // Back from the model's standardised value to the target's own unit; logits pass unchanged.
  virtual at::Tensor invert(const at::Tensor& output) const { return output; }
  virtual Json to_json() const = 0;
};

// Tables: impute, indicators, scale, one-hot; `dense` is numeric, then indicators, then one-hot columns.
struct TableStatistics {
  std::vector<double> impute, mean, scale;       // per numeric column
  std::vector<std::int64_t> indicator_columns;   // numeric columns with an indicator
  std::vector<std::int64_t> category_sizes;      // per categorical column
  bool one_hot = true;                           // else indices are passed on for embeddings
  double target_mean = 0.0, target_scale = 1.0;  // regression
};
TableStatistics fit_table(const ModelInputs& training, std::int64_t numeric_columns,
                          const std::vector<std::int64_t>& category_sizes,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TableData& config);
std::shared_ptr<TensorStage> make_table_stage(const TableStatistics& statistics);

// Images: (x / 255 - mean) / std per channel.
struct ImageStatistics {
  std::array<double, 3> mean{}, std{};
};
std::shared_ptr<TensorStage> make_image_stage(const ImageStatistics& statistics);

// Text: ids pass through.
std::shared_ptr<TensorStage> make_text_stage();

std::shared_ptr<TensorStage> tensor_stage_from_json(const Json& json);  // throws Error{model}

}  // namespace candor
