// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/attention.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"
#include "engine/nn/fused.h"

using namespace candor;
using test::check_same;
using test::Inputs;

namespace {

// By the definition: softmax(q k^T / sqrt(D)) v over the tokens up to each one.
at::Tensor by_definition(const Inputs& x, std::int64_t heads) {
  const auto parts = x[0].unflatten(-1, {3, heads, -1});
  const auto q = rotary_plain(parts.select(2, 0), x[1], x[2]).transpose(1, 2);
  const auto k = rotary_plain(parts.select(2, 1), x[1], x[2]).transpose(1, 2);
  const auto v = parts.select(2, 2).transpose(1, 2);
  auto scores = q.matmul(k.transpose(-1, -2)) / std::sqrt(static_cast<double>(q.size(-1)));
  const auto later = torch::ones({q.size(2), q.size(2)}, torch::kBool).triu(1);
  scores = scores.masked_fill(later, -INFINITY);
  return scores.softmax(-1).matmul(v).transpose(1, 2).flatten(2);
}

}  // namespace

TEST_CASE("rotary attention in one node has the values and gradients of its definition", "[nn]") {
  torch::manual_seed(6);
  for (const std::int64_t time : {1, 5, 33, 70}) {
    const auto angle = torch::rand({time, 4}) * 6;
    check_same([](const Inputs& x) { return rotary_attention(x[0], x[1], x[2], 2); },
               [](const Inputs& x) { return by_definition(x, 2); },
               {torch::randn({3, time, 3 * 2 * 8}), angle.cos(), angle.sin()}, 1);
  }
}

TEST_CASE("rotary attention is for float32 on the CPU", "[nn]") {
  CHECK(has_rotary_attention(torch::randn({1, 2, 24})));
  CHECK_FALSE(has_rotary_attention(torch::randn({1, 2, 24}, torch::kFloat64)));
  CHECK_FALSE(has_rotary_attention(torch::empty({1, 2, 24}, torch::kMeta)));
}
