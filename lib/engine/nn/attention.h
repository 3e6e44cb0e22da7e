// SPDX-License-Identifier: Apache-2.0
// Causal self-attention of the Transformer in training.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace candor {

// From queries, keys and values side by side, (B, T, 3 heads D), as project() gives them: rotary
// embedding of queries and keys (fused.h) and attention of every token to those before it and
// itself, (B, T, heads D). For float32 on the CPU, with an explicit gradient.
at::Tensor rotary_attention(const at::Tensor& packed, const at::Tensor& cosine,
                            const at::Tensor& sine, std::int64_t heads);
// Whether rotary_attention() takes `packed`: elsewhere compose it.
bool has_rotary_attention(const at::Tensor& packed);

}  // namespace candor
