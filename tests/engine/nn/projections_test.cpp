// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/projections.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"

using namespace candor;
using test::check_same;
using test::Inputs;

TEST_CASE("projections are those of each weight, joined in memory or not", "[nn]") {
  torch::manual_seed(9);
  const auto plain = [](const Inputs& x) {
    return at::cat({at::linear(x[0], x[1]), at::linear(x[0], x[2])}, -1);
  };
  const auto x = torch::randn({2, 7, 8}), a = torch::randn({6, 8}), b = torch::randn({2, 8});
  check_same([](const Inputs& in) { return project(in[0], {in[1], in[2]}); }, plain, {x, a, b}, 3);
  // One after the other in one buffer, as the optimizer lays them.
  const auto joined = [](const Inputs& in) {
    const auto buffer = at::cat({in[1].detach().flatten(), in[2].detach().flatten()});
    auto first = buffer.slice(0, 0, 48).view({6, 8}), second = buffer.slice(0, 48).view({2, 8});
    first.set_requires_grad(true);
    second.set_requires_grad(true);
    auto result = project(in[0], {first, second});
    // What reaches the parts of the buffer is given to the inputs, where check_same looks for it.
    first.register_hook([in](at::Tensor g) { in[1].mutable_grad() = g.clone(); });
    second.register_hook([in](at::Tensor g) { in[2].mutable_grad() = g.clone(); });
    return result;
  };
  check_same(
      [&](const Inputs& in) {
        return in[1].scalar_type() == torch::kFloat ? joined(in) : plain(in);
      },
      plain, {x, a, b}, 3);
}
