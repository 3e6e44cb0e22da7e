// SPDX-License-Identifier: Apache-2.0
// Several linear layers of one input as one matrix product.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace candor {

// x (..., C) through `weights` (O_i, C) without bias: the results side by side, (..., sum of O_i).
// One matrix product where the weights lie one after the other in memory, as those of a model in
// training do (optimizer.h); elsewhere one each.
at::Tensor project(const at::Tensor& x, const std::vector<at::Tensor>& weights);

}  // namespace candor
