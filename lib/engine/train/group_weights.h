// SPDX-License-Identifier: Apache-2.0
// train.fairness in the loop: rows of a batch get the weights of their cells, and what the model
// answers moves those weights after the update.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/fair_weights.h"
#include "core/schema/signature.h"
#include "engine/data/dataset.h"
#include "engine/data/open_data.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

class GroupWeights {
 public:
  // Throws as FairWeights.
  GroupWeights(const FairnessConfig& config, const TrainingGroups& groups);

  // Before the first batch of an update.
  void begin_update();
  // `rows`: of the batch, numbers in the training part. Its weights, and where the method says so
  // its targets, become new tensors.
  void weigh(std::span<const std::int64_t> rows, Batch& batch);
  // `output` of the network for rows first, first + 1, ... of the batch that was weighed last.
  // Parts of a batch may come from several threads at once.
  void observe(std::int64_t first, OutputKind kind, const TensorStage& stage,
               const at::Tensor& output);
  // After the last part of a batch.
  void end_batch();
  // The weights follow what was observed since begin_update().
  void end_update() { weights_.update(sums_); }

  Json to_json() const { return weights_.to_json(); }
  void from_json(const Json& json, const std::string& where) { weights_.from_json(json, where); }

 private:
  at::Tensor batch_weights(const at::Tensor& before) const;

  const TrainingGroups& groups_;
  FairWeights weights_;
  CellSums sums_;
  // Of the batch that was weighed last, by row.
  std::vector<std::size_t> cells_;
  at::Tensor target_;
  std::vector<double> losses_;
  std::vector<std::uint8_t> positive_;
};

}  // namespace candor
