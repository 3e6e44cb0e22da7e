// SPDX-License-Identifier: Apache-2.0
// Floating-point operations of training, as model FLOPs utilisation counts them: those of matrix
// products and convolutions that the model asks for, whatever a machine does to get them.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>

#include <candor/config.h>

namespace candor {

struct TrainingFlops {
  double per_item = 0.0;  // of a row, an image, or a token: forward, and twice that for backward
  std::string formula;    // how it was counted
};

// Of `model`, which was made of `config`. Elementwise work, norms, lookups and the sparse terms of
// texts are not counted. Transformers: 6 N + 12 L T C per token (Chowdhery et al. 2022, appendix
// B; a causal mask spares half of the second term, which is counted whole there too). Empty for
// Transformers that answer whole texts, whose lengths differ, and for augment.progressive_resize
// without train.epochs.
std::optional<TrainingFlops> training_flops(const RunConfig& config,
                                            const torch::nn::Module& model);

}  // namespace candor
