// SPDX-License-Identifier: Apache-2.0
// Tensor stage: ModelInputs as tensors -> Features, by fitted buffers. One module for training,
// prediction and every export.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "engine/models/model.h"

namespace candor {

// Tensors of ModelInputs; undefined where the task has none.
struct InputTensors {
  at::Tensor numeric;      // float32 [N, F], NaN: missing; tables always have it, F may be 0
  at::Tensor categorical;  // int64 [N, C]; tables always have it, C may be 0
  at::Tensor image;        // uint8 [N, 3, H, W]
  at::Tensor ids;          // int64 [N, T]

  // The defined ones, in the order of the fields above; that is the argument order of exported
  // graphs.
  std::vector<at::Tensor> list() const;
  std::vector<std::string> names() const;
  static InputTensors from_list(const std::vector<std::string>& names,
                                const std::vector<at::Tensor>& list);
  InputTensors to(at::Device device) const;
  std::int64_t rows() const;
};

// Per-row widths of ModelInputs, which its flat vectors do not tell.
struct InputWidths {
  bool table = false;
  std::int64_t numeric = 0;
  std::int64_t categorical = 0;
  std::int64_t image = 0;  // height and width
};

// Host rows as tensors. `copy` false borrows the vectors of `inputs`, which must outlive the
// tensors.
InputTensors to_tensors(const ModelInputs& inputs, const InputWidths& widths, bool copy = true);

struct TableStatistics;

class TensorStage : public torch::nn::Module {
 public:
  virtual Features forward(const InputTensors& inputs) const = 0;
  // From the model's standardised value to the target's own unit; logits pass unchanged. In
  // float32, as exported graphs compute it.
  virtual at::Tensor invert(const at::Tensor& output) const { return output; }
  // From targets in their own unit (float64) to what the loss compares with (float32).
  virtual at::Tensor standardise(const at::Tensor& target) const { return target; }
  // What was fitted on a table; null for texts and images.
  virtual const TableStatistics* table() const { return nullptr; }
  // "table", "text" or "image", as in preprocess.json.
  virtual const char* type() const = 0;
  virtual Json to_json() const = 0;
};

// Tables: impute, scale, indicators, one-hot. `dense` is the numeric columns, then the indicators,
// then the one-hot features; `indices` is the categorical columns as they are, for embeddings.
struct TableStatistics {
  std::vector<double> impute, mean, scale;  // per numeric column
  // Quantile scaling, empty without it: per numeric column rising values (knots) and the normal
  // score of each; every column has as many. Between knots the score is linear, outside it is that
  // of the nearest end. It comes before mean and scale, which then are 0 and 1.
  std::vector<std::vector<double>> knots, scores;
  std::vector<std::int64_t> indicators;  // numeric columns with gaps in the training rows
  // Feature k is 1 where categorical column one_hot_column[k] holds index one_hot_value[k]. Only
  // indices that the training rows hold have a feature: a weight that was never trained would be
  // noise.
  std::vector<std::int64_t> one_hot_column, one_hot_value;
  bool embed = false;
  double target_mean = 0.0, target_scale = 1.0;

  std::int64_t dense_width() const {
    return static_cast<std::int64_t>(mean.size() + indicators.size() + one_hot_column.size());
  }
  // A standardised value in the target's own unit. In double: float32 has no digits left where the
  // mean is far larger than the deviation.
  double in_target_unit(double standardised) const {
    return standardised * target_scale + target_mean;
  }
};

// Over the training rows. `weights` has one entry per row; `targets` too for regression, else it is
// empty. Standard deviations are the population's; a column that is constant up to the digits of
// float32 keeps scale 1.
TableStatistics fit_table(const ModelInputs& training, const InputWidths& widths,
                          const std::vector<std::int64_t>& category_sizes,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TableData& config);
std::shared_ptr<TensorStage> make_table_stage(const TableStatistics& statistics);

// Images: (x / 255 - mean) / std per channel.
struct ImageStatistics {
  std::array<double, 3> mean{}, std{1, 1, 1};
};
std::shared_ptr<TensorStage> make_image_stage(const ImageStatistics& statistics);

// Text: ids pass through.
std::shared_ptr<TensorStage> make_text_stage();

std::shared_ptr<TensorStage> tensor_stage_from_json(const Json& json);  // throws Error{model}

}  // namespace candor
