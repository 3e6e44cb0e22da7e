// SPDX-License-Identifier: Apache-2.0
// Gradients that several threads made, into those of the parameters.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace candor {

// The gradient of each parameter becomes the sum of what the parts have for it, in their order, or
// has it added with `add`. parts[i][j] is part i's gradient of parameters[j]; undefined: none.
// Parameters have dense float32 gradients on the CPU already. The same bits for any number of
// threads.
void sum_gradients(const std::vector<at::Tensor>& parameters,
                   const std::vector<std::vector<at::Tensor>>& parts, bool add);

}  // namespace candor
