// SPDX-License-Identifier: Apache-2.0
// What rotary_attention() computes, by its definition.
#pragma once

#include <cmath>

#include "engine/nn/check_same.h"
#include "engine/nn/fused.h"

namespace candor::test {

// softmax(q k^T / sqrt(D)) v over the tokens up to each one; x: queries, keys and values side by
// side (B, T, 3 heads D), cosine and sine.
inline at::Tensor causal_attention(const Inputs& x, std::int64_t heads) {
  const auto parts = x[0].unflatten(-1, {3, heads, -1});
  const auto q = rotary_plain(parts.select(2, 0), x[1], x[2]).transpose(1, 2);
  const auto k = rotary_plain(parts.select(2, 1), x[1], x[2]).transpose(1, 2);
  const auto v = parts.select(2, 2).transpose(1, 2);
  auto scores = q.matmul(k.transpose(-1, -2)) / std::sqrt(static_cast<double>(q.size(-1)));
  const auto later = torch::ones({q.size(2), q.size(2)}, torch::kBool).triu(1);
  scores = scores.masked_fill(later, -INFINITY);
  return scores.softmax(-1).matmul(v).transpose(1, 2).flatten(2);
}

}  // namespace candor::test
