// SPDX-License-Identifier: Apache-2.0
// The losses of the tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/schema/signature.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

// train.loss for the classes of one data set.
struct LossOptions {
  double label_smoothing = 0.0;
  double focal_gamma = 0.0;
  at::Tensor class_weights;  // float32 [K], on the device of the targets; undefined: all 1
};

// `class_counts`: training rows of each class, for balanced weights. Throws Error{config} for a
// weight of a class that `labels` does not have.
LossOptions make_loss_options(const LossConfig& config, const std::vector<std::string>& labels,
                              const std::vector<std::int64_t>& class_counts, at::Device device);

// Classification: the mean over the rows of
//   (1 - p)^focal_gamma * -sum_c q_c log p_c
// p of the row's class, q that class with label_smoothing of it spread over all K classes (Szegedy
// et al. 2016, section 7); focal_gamma as Lin et al. 2017. Language models: the same without
// focal_gamma, over the tokens. Nats. Regression: mean squared error of the standardised target.
//
// A row counts by its weight times that of its class: sum(w * loss) / sum(w). A batch of mixed
// images counts both classes of each, by their shares. An ensemble's output (N, K, C): the mean
// over its K members. `output` is what Network::forward gave for `batch`.
at::Tensor training_loss(OutputKind kind, const TensorStage& stage, const at::Tensor& output,
                         const Batch& batch, const LossOptions& options = {});

// The sum of the weights that the mean of training_loss() was divided by: what the batch counts
// among those of one update. Empty: its number of rows, which is the same for all.
std::optional<double> loss_weight(const Batch& batch, const LossOptions& options);

}  // namespace candor
