// SPDX-License-Identifier: Apache-2.0
// The learned part of number encodings: a layer of each column's own, "On Embeddings for Numerical
// Features in Tabular Deep Learning" (Gorishniy et al. 2022), section 3.1 (one embedding per
// column, concatenated), section 3.3 (periodic) and section 3.4 (linear and ReLU behind either:
// "PLR", "Q-LR").
#pragma once

#include <torch/nn/module.h>

#include "core/base/random.h"
#include "engine/models/model.h"

namespace candor {

// Names: frequencies [E k] (periodic only), weight [E I d], bias [E d], each as one vector: none of
// them decays (decays()), as in the paper's own code. Frequencies are drawn from N(0, sigma), the
// linear layers within 1 / sqrt(I), as torch.nn.Linear.
class NumberEncoder : public torch::nn::Module {
 public:
  NumberEncoder(const NumberEncoderShape& shape, const RandomStream& init);
  // (N, E, B) to (N, E * width). Periodic, B is 1: v = [cos(2 pi c x), sin(2 pi c x)] first.
  at::Tensor forward(const at::Tensor& numbers) const;

 private:
  NumberEncoderShape shape_;
  at::Tensor frequencies_, weight_, bias_;
};

}  // namespace candor
