// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/fused.h"

#include <torch/torch.h>

#include <functional>

#include "support/catch.h"

using namespace candor;

namespace {

using Inputs = std::vector<at::Tensor>;
using Operation = std::function<at::Tensor(const Inputs&)>;

// Values and gradients of `fused` against `plain` in float64, whose gradients autograd derives by
// itself.
void check_same(const Operation& fused, const Operation& plain, const Inputs& inputs,
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

}  // namespace

TEST_CASE("RMSNorm in one pass has the values and gradients of the plain one", "[nn]") {
  torch::manual_seed(2);
  for (const std::int64_t rows : {1, 5, 33, 200}) {
    check_same([](const Inputs& x) { return rms_norm(x[0], x[1], 1e-5); },
               [](const Inputs& x) { return rms_norm_plain(x[0], x[1], 1e-5); },
               {torch::randn({rows, 3, 20}), torch::rand({20}) + 0.5}, 2);
  }
}

TEST_CASE("the rotary embedding in one pass has the values and gradients of the plain one",
          "[nn]") {
  torch::manual_seed(3);
  const auto angle = torch::rand({7, 4}) * 6;
  check_same([](const Inputs& x) { return rotary(x[0], x[1], x[2]); },
             [](const Inputs& x) { return rotary_plain(x[0], x[1], x[2]); },
             {torch::randn({2, 7, 3, 8}), angle.cos(), angle.sin()}, 1);
}

TEST_CASE("SwiGLU in one pass has the values and gradients of the plain one", "[nn]") {
  torch::manual_seed(4);
  check_same([](const Inputs& x) { return swiglu(x[0], x[1]); },
             [](const Inputs& x) { return swiglu_plain(x[0], x[1]); },
             {torch::randn({5, 301}) * 8, torch::randn({5, 301})}, 2);
}

TEST_CASE("SwiGLU stays finite and right at extreme values", "[nn]") {
  const auto gate = torch::tensor({-1e4f, -100.0f, -88.0f, 0.0f, 88.0f, 100.0f, 1e4f});
  const auto y = swiglu(gate, torch::ones({7}));
  CHECK(y.isfinite().all().item<bool>());
  CHECK(y.allclose(
      swiglu_plain(gate.to(torch::kFloat64), torch::ones({7}, torch::kFloat64)).to(torch::kFloat32),
      1e-5, 1e-5));
}

TEST_CASE("views and transposed inputs are taken as they are", "[nn]") {
  const auto x = torch::randn({6, 4, 8}).transpose(0, 1);
  const auto weight = torch::rand({8});
  CHECK(rms_norm(x, weight, 1e-5).allclose(rms_norm_plain(x, weight, 1e-5), 1e-5, 1e-6));
}
