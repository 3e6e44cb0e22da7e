// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/cross_entropy.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"

using namespace candor;
using test::check_same;
using test::Inputs;

TEST_CASE("cross-entropy in one pass has the value and gradient of the plain one", "[nn]") {
  torch::manual_seed(7);
  for (const std::int64_t classes : {2, 10, 65}) {
    auto target = torch::randint(0, classes, {50}, torch::kInt64);
    target.index_put_({torch::tensor({0, 7, 49})}, -100);
    check_same([&](const Inputs& x) { return mean_cross_entropy(x[0], target, -100); },
               [&](const Inputs& x) {
                 return at::cross_entropy_loss(x[0], target, {}, at::Reduction::Mean, -100);
               },
               {torch::randn({50, classes}) * 5}, 1);
  }
}

TEST_CASE("cross-entropy stays finite and right at extreme logits", "[nn]") {
  const auto logits = torch::tensor({{1e4f, -1e4f}, {0.0f, 200.0f}});
  const auto loss = mean_cross_entropy(logits, torch::tensor({1, 1}), -100);
  CHECK(loss.item<float>() == Approx(1e4f));
}

TEST_CASE("without any counted row the loss and its gradient are 0", "[nn]") {
  auto logits = torch::randn({3, 4}).set_requires_grad(true);
  const auto loss = mean_cross_entropy(logits, torch::full({3}, -100, torch::kInt64), -100);
  loss.backward();
  CHECK(loss.item<float>() == 0.0f);
  CHECK(logits.grad().eq(0.0).all().item<bool>());
}

TEST_CASE("a target that is no class is an error", "[nn]") {
  CHECK_THROWS(mean_cross_entropy(torch::randn({1, 3}), torch::tensor({3}), -100));
  CHECK_THROWS(mean_cross_entropy(torch::randn({1, 3}), torch::tensor({-1}), -100));
}
