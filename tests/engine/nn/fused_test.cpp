// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/fused.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"
#include "support/catch.h"

using namespace candor;
using test::check_same;
using test::Inputs;

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
  check_same([](const Inputs& x) { return swiglu(x[0]); },
             [](const Inputs& x) { return swiglu_plain(x[0]); },
             {at::cat({torch::randn({5, 301}) * 8, torch::randn({5, 301})}, 1)}, 1);
}

TEST_CASE("SwiGLU stays finite and right at extreme values", "[nn]") {
  const auto gate = torch::tensor({-1e4f, -100.0f, -88.0f, 0.0f, 88.0f, 100.0f, 1e4f});
  const auto y = swiglu(at::cat({gate, torch::ones({7})}));
  CHECK(y.isfinite().all().item<bool>());
  CHECK(y.allclose(
      swiglu_plain(at::cat({gate, torch::ones({7})}).to(torch::kFloat64)).to(torch::kFloat32), 1e-5,
      1e-5));
}

TEST_CASE("views and transposed inputs are taken as they are", "[nn]") {
  const auto x = torch::randn({6, 4, 8}).transpose(0, 1);
  const auto weight = torch::rand({8});
  CHECK(rms_norm(x, weight, 1e-5).allclose(rms_norm_plain(x, weight, 1e-5), 1e-5, 1e-6));
}

TEST_CASE("the sum and its RMSNorm in one pass have the values and gradients of the plain ones",
          "[nn]") {
  torch::manual_seed(5);
  const auto both = [](const AddedNorm& added) { return at::cat({added.sum, added.normed}, -1); };
  for (const std::int64_t rows : {1, 7, 40}) {
    check_same([&](const Inputs& x) { return both(add_rms_norm(x[0], x[1], x[2], 1e-5)); },
               [&](const Inputs& x) {
                 const auto sum = x[0] + x[1];
                 return both({sum, rms_norm_plain(sum, x[2], 1e-5)});
               },
               {torch::randn({rows, 3, 20}), torch::randn({rows, 3, 20}), torch::rand({20}) + 0.5},
               3);
  }
}

TEST_CASE("the sum's gradient passes where its norm is not used, and the other way round", "[nn]") {
  const auto weight = torch::rand({8});
  auto x = torch::randn({2, 8}).set_requires_grad(true);
  add_rms_norm(x, torch::ones({2, 8}), weight, 1e-5).sum.sum().backward();
  CHECK(x.grad().eq(1.0).all().item<bool>());
  auto y = x.detach().clone().set_requires_grad(true);
  add_rms_norm(y, torch::ones({2, 8}), weight, 1e-5).normed.square().sum().backward();
  auto z = x.detach().clone().set_requires_grad(true);
  rms_norm_plain(z + 1.0, weight, 1e-5).square().sum().backward();
  CHECK(y.grad().allclose(z.grad(), 1e-4, 1e-5));
}
