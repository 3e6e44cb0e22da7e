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
#include "core/table/table_stage.h"
#include "engine/models/model.h"
#include "engine/preprocess/table_statistics.h"

namespace candor {

// Tensors of ModelInputs; undefined where the task has none.
struct InputTensors {
  // Tables always have these two, unless their one feature is a column of tokens.
  at::Tensor numeric;      // float32 [N, F], NaN: missing; F may be 0
  at::Tensor categorical;  // int64 [N, C]; C may be 0
  at::Tensor image;        // uint8 [N, 3, H, W]
  at::Tensor ids;          // int64 [N, T]; of a table, rows may end in ModelInputs::kPadding
  // Tables with columns of text: the weighted terms of all rows, one row after the other, and where
  // each row's begin.
  at::Tensor terms;         // int64 [S]
  at::Tensor term_weights;  // float32 [S]
  at::Tensor offsets;       // int64 [N]
  // int64 [N, T], training only and no part of the list below: tokens of a row that belong to
  // different documents have different numbers. Undefined: each row is of one document.
  at::Tensor segments;

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
  bool terms = false;   // tables: there are columns of text
  bool tokens = false;  // tables: the one feature is a column of tokens
  std::int64_t numeric = 0;
  std::int64_t categorical = 0;
  std::int64_t image = 0;  // height and width
};

InputWidths widths_of(const TableColumns& columns);

// Host rows as tensors. `copy` false borrows the vectors of `inputs`, which must outlive the
// tensors.
InputTensors to_tensors(const ModelInputs& inputs, const InputWidths& widths, bool copy = true);

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

// Tables: numbers imputed, transformed, scaled and encoded, indicators, one-hot features. `indices`
// is the categorical columns as they are, for embeddings; terms pass as they are. Of a table of
// tokens `indices` is the ids, and there is nothing else.
std::shared_ptr<TensorStage> make_table_stage(const TableStatistics& statistics);

// Images: (x / 255 - mean) / std per channel.
struct ImageStatistics {
  std::array<double, 3> mean{}, std{1, 1, 1};
};
std::shared_ptr<TensorStage> make_image_stage(const ImageStatistics& statistics);

// Text: ids pass through.
std::shared_ptr<TensorStage> make_text_stage();

// `version` of the preprocess.json that it is of. Throws Error{model}.
std::shared_ptr<TensorStage> tensor_stage_from_json(const Json& json,
                                                    int version = kTableStageVersion);

}  // namespace candor
