// SPDX-License-Identifier: Apache-2.0
// The part of a linear layer whose inputs are the weighted terms of texts: nearly all of them 0.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "core/base/random.h"

namespace candor {

// y = sum over the terms of a row of weight * W[term]. One parameter, "weight" (V, H): a linear
// layer's matrix transposed, so that a term's weights lie side by side. Time and memory of a pass
// go with the terms of the batch, not with V.
class TermLayer : public torch::nn::Module {
 public:
  // Uniform within `bound`.
  TermLayer(std::int64_t terms, std::int64_t width, double bound, const RandomStream& init);

  // terms int64 [S] in [0, V), weights float [S], offsets int64 [N]: where each row's terms begin.
  // (N, H); a row without terms is 0. The same bits for any number of threads.
  at::Tensor forward(const at::Tensor& terms, const at::Tensor& weights,
                     const at::Tensor& offsets) const;

  const at::Tensor& weight() const { return weight_; }
  // Whether the gradient of `weight` is a sparse tensor that holds the rows of the batch's terms:
  // so from 2^20 elements on. Below, a dense one is as fast.
  bool sparse() const;

 private:
  at::Tensor weight_;
};

}  // namespace candor
