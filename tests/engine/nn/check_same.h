// SPDX-License-Identifier: Apache-2.0
// A fused operation beside the plain one.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "support/catch.h"

namespace candor::test {

using Inputs = std::vector<at::Tensor>;
using Operation = std::function<at::Tensor(const Inputs&)>;

// Values and gradients of `fused` against `plain` in float64, whose gradients autograd derives by
// itself.
inline void check_same(const Operation& fused, const Operation& plain, const Inputs& inputs,
                       std::size_t differentiable) {
  const auto run = [&](const Operation& operation, at::ScalarType type) {
    Inputs own;
    for (const auto& input : inputs) own.push_back(input.to(type).clone());
    for (std::size_t i = 0; i < differentiable; ++i) own[i].set_requires_grad(true);
    auto result = operation(own);
    // An uneven weighting, so that no gradient cancels.
    const auto weight = torch::arange(result.numel(), result.options()).view(result.sizes()).sin();
    (result * weight).sum().backward();
    Inputs all = {result.detach()};
    for (std::size_t i = 0; i < differentiable; ++i) all.push_back(own[i].grad());
    return all;
  };
  const auto a = run(fused, torch::kFloat32), b = run(plain, torch::kFloat64);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].to(torch::kFloat64).allclose(b[i], 2e-5, 2e-5));
  }
}

}  // namespace candor::test
