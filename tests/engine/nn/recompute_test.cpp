// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/recompute.h"

#include <torch/torch.h>

#include "engine/nn/batch_norm.h"
#include "support/catch.h"

using namespace candor;

namespace {

// Two layers with dropout and batch normalisation between them.
struct Toy {
  Toy() {
    torch::manual_seed(3);
    for (int i = 0; i < 2; ++i) weights.push_back(torch::randn({6, 6}).set_requires_grad(true));
    holder.register_module("norm", std::make_shared<Holder>());
    norm = BatchNorm::make(holder.child("norm"), 6);
  }

  at::Tensor layer(int i, const at::Tensor& x, DropoutStream& dropout) {
    ++calls;
    const auto y = norm.forward(at::linear(x, weights[static_cast<std::size_t>(i)]), true);
    return dropout.apply(y.tanh(), 0.4) + x;
  }

  // The loss, after backward().
  double run(bool again, at::Tensor& x) {
    DropoutStream dropout(RandomStream(1, "dropout"));
    auto y = x;
    for (int i = 0; i < 2; ++i) {
      if (again) {
        y = recompute([this, i](const auto& in, auto& d) { return layer(i, in[0], d); }, {y},
                      dropout);
      } else {
        y = layer(i, y, dropout);
      }
    }
    const auto loss = dropout.apply(y, 0.5).square().mean();
    loss.backward();
    return loss.item<double>();
  }

  std::vector<at::Tensor> weights;
  Holder holder;
  BatchNorm norm;
  int calls = 0;
};

}  // namespace

TEST_CASE("a layer that is computed again has the same loss and gradients, bit by bit", "[nn]") {
  for (const bool input_learns : {true, false}) {
    Toy kept, again;
    auto a = torch::linspace(-1, 1, 24).view({4, 6}).set_requires_grad(input_learns);
    auto b = a.detach().clone().set_requires_grad(input_learns);
    CHECK(kept.run(false, a) == again.run(true, b));
    CHECK(kept.calls == 2);
    CHECK(again.calls == 4);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(kept.weights[i].grad().equal(again.weights[i].grad()));
    }
    CHECK(kept.norm.weight.grad().equal(again.norm.weight.grad()));
    if (input_learns) CHECK(a.grad().equal(b.grad()));
    // A batch moves the running statistics once.
    CHECK(kept.norm.mean.equal(again.norm.mean));
    CHECK(kept.norm.variance.equal(again.norm.variance));
    CHECK(again.norm.batches.item<std::int64_t>() == 2);
    CHECK_FALSE(recomputing());
  }
}

TEST_CASE("each input that learns gets its gradient", "[nn]") {
  const auto x = torch::tensor({1.0f, 2.0f}).set_requires_grad(true);
  const auto y = torch::tensor({3.0f, 5.0f}).set_requires_grad(true);
  const auto z = torch::tensor({7.0f, 11.0f});
  DropoutStream off;
  const auto layer = [](const std::vector<at::Tensor>& in, DropoutStream&) {
    return in[0] * in[1] * in[2];
  };
  recompute(layer, {x, y, z}, off).sum().backward();
  CHECK(x.grad().equal(y.detach() * z));
  CHECK(y.grad().equal(x.detach() * z));
  CHECK_FALSE(z.grad().defined());
}

TEST_CASE("without gradients a layer is called once", "[nn]") {
  Toy toy;
  const torch::NoGradGuard guard;
  DropoutStream off;
  const auto x = torch::ones({4, 6});
  const auto y =
      recompute([&](const auto& in, auto& d) { return toy.layer(0, in[0], d); }, {x}, off);
  CHECK(toy.calls == 1);
  CHECK_FALSE(y.requires_grad());
}

TEST_CASE("what a layer keeps for its gradient is gone until that is due", "[nn]") {
  // A node of the graph that lives as long as the graph does.
  std::weak_ptr<torch::autograd::Node> inner;
  const auto x = torch::ones({3}).set_requires_grad(true);
  DropoutStream off;
  const auto y = recompute(
      [&](const std::vector<at::Tensor>& in, DropoutStream&) {
        const auto squared = in[0].square();
        inner = squared.grad_fn();
        return squared.exp();
      },
      {x}, off);
  CHECK(inner.expired());
  y.sum().backward();
  CHECK(x.grad().allclose(2.0 * torch::exp(torch::ones({3}))));
}
