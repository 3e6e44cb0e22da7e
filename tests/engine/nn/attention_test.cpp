// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/attention.h"

#include <torch/torch.h>

#include "engine/nn/causal_attention.h"
#include "engine/nn/check_same.h"

using namespace candor;
using test::causal_attention;
using test::check_same;
using test::Inputs;

TEST_CASE("rotary attention in one node has the values and gradients of its definition", "[nn]") {
  torch::manual_seed(6);
  for (const std::int64_t time : {1, 5, 33, 70}) {
    const auto angle = torch::rand({time, 4}) * 6;
    check_same([](const Inputs& x) { return rotary_attention(x[0], x[1], x[2], 2); },
               [](const Inputs& x) { return causal_attention(x, 2); },
               {torch::randn({3, time, 3 * 2 * 8}), angle.cos(), angle.sin()}, 1);
  }
}

TEST_CASE("rotary attention is for float32 on the CPU", "[nn]") {
  CHECK(has_rotary_attention(torch::randn({1, 2, 24})));
  CHECK_FALSE(has_rotary_attention(torch::randn({1, 2, 24}, torch::kFloat64)));
  CHECK_FALSE(has_rotary_attention(torch::empty({1, 2, 24}, torch::kMeta)));
}
