// SPDX-License-Identifier: Apache-2.0
// Cross-entropy whose gradient is made along with its value.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace candor {

// Mean of -log softmax(logits)[target] over the rows whose target is not `ignored`; 0 without any.
// logits (N, C), target int64 (N). For float32 on the CPU one pass over the logits, which are not
// copied besides the gradient; elsewhere at::cross_entropy_loss. The same bits for any number of
// threads.
at::Tensor mean_cross_entropy(const at::Tensor& logits, const at::Tensor& target,
                              std::int64_t ignored);

}  // namespace candor
