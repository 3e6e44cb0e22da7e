// SPDX-License-Identifier: Apache-2.0
// The two ways of making the same dropout mask. Element e of call c under key k: word e % 4 of
// Philox4x32-10 with counter (e / 4 low, e / 4 high, c, 3) and key k; kept when word >= p * 2^32.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace candor {

// 0 or 1 / (1 - p) per element; on all threads, the result does not depend on how many.
void fill_dropout_mask(float* mask, std::int64_t count, std::uint64_t key, std::uint32_t call,
                       double p);

// The same bits [count] by tensor operations, on any device.
at::Tensor dropout_mask_tensor(std::int64_t count, std::uint64_t key, std::uint32_t call, double p,
                               const at::TensorOptions& options);

}  // namespace candor
