// SPDX-License-Identifier: Apache-2.0
// The gradient of every fused operation, for each of its inputs, beside central differences.
#include <torch/torch.h>

#include "core/base/random.h"
#include "engine/nn/attention.h"
#include "engine/nn/batch_norm.h"
#include "engine/nn/causal_attention.h"
#include "engine/nn/check_gradients.h"
#include "engine/nn/cross_entropy.h"
#include "engine/nn/fused.h"
#include "engine/nn/member_linear.h"
#include "engine/nn/projections.h"
#include "engine/nn/relu_dropout.h"

using namespace candor;
using test::check_gradients;
using test::Inputs;

namespace {

constexpr double kEps = 1e-5;

at::Tensor random(at::IntArrayRef shape) { return torch::randn(shape); }
// Weights that are far from 0.
at::Tensor weights(at::IntArrayRef shape) { return torch::rand(shape) + 0.5; }

// Values that a step of the differences takes over no kink: none lies near 0.
at::Tensor away_from_zero(at::IntArrayRef shape) {
  const auto x = torch::randn(shape);
  return x + x.sign() * 0.1;
}

at::Tensor batch_norm(const Inputs& x, bool relu) {
  const auto options = x[0].options().requires_grad(false);
  BatchNorm norm;
  norm.weight = x[1];
  norm.bias = x[2];
  norm.mean = torch::zeros({x[0].size(1)}, options);
  norm.variance = torch::ones({x[0].size(1)}, options);
  norm.batches = torch::zeros({}, torch::kInt64);
  const auto in_rows = [](const at::Tensor& t) {
    return t.contiguous(at::MemoryFormat::ChannelsLast);
  };
  const auto residual = x.size() > 3 ? in_rows(x[3]) : at::Tensor();
  return norm.forward_add(in_rows(x[0]), residual, relu, /*training=*/true);
}

MemberLinear layer_of(const Inputs& x) { return {x[1], x[2], x[3], x[4]}; }

}  // namespace

TEST_CASE("a gradient that is not the slope is found", "[nn]") {
  const Inputs inputs = {away_from_zero({3, 4})};
  const auto half = [](const Inputs& x) { return x[0] * x[0].detach(); };
  const auto slopes = test::central_differences(half, inputs, 0);
  const auto gradient = test::gradients_of(half, inputs, torch::kFloat64, 1).front();
  CHECK(test::relative_error(gradient * 2, slopes) < 1e-6);
  CHECK(test::relative_error(gradient, slopes) == Approx(0.5));
  CHECK(test::relative_error(gradient * 2.00001, slopes) > 1e-6);
}

TEST_CASE("the gradient of attention is its slope", "[nn]") {
  torch::manual_seed(20);
  const auto angle = torch::rand({5, 2}) * 6;
  check_gradients([](const Inputs& x) { return rotary_attention(x[0], x[1], x[2], 2); },
                  [](const Inputs& x) { return test::causal_attention(x, 2); },
                  {random({2, 5, 3 * 2 * 4}), angle.cos(), angle.sin()}, 1);
}

TEST_CASE("the gradients of RMSNorm, alone and of a sum, are their slopes", "[nn]") {
  torch::manual_seed(21);
  check_gradients([](const Inputs& x) { return rms_norm(x[0], x[1], kEps); },
                  {random({3, 2, 6}), weights({6})}, 2);
  const auto both = [](const Inputs& x) {
    const auto added = add_rms_norm(x[0], x[1], x[2], kEps);
    return at::cat({added.sum, added.normed}, -1);
  };
  const Inputs inputs = {random({3, 2, 6}), random({3, 2, 6}), weights({6})};
  check_gradients(both, inputs, 3);
  check_gradients([](const Inputs& x) { return add_rms_norm(x[0], x[1], x[2], kEps).normed; },
                  inputs, 3);
}

TEST_CASE("the gradient of the rotary embedding is its slope", "[nn]") {
  torch::manual_seed(22);
  const auto angle = torch::rand({4, 3}) * 6;
  check_gradients([](const Inputs& x) { return rotary(x[0], x[1], x[2]); },
                  {random({2, 4, 2, 6}), angle.cos(), angle.sin()}, 1);
}

TEST_CASE("the gradient of SwiGLU is its slope", "[nn]") {
  torch::manual_seed(23);
  check_gradients([](const Inputs& x) { return swiglu(x[0]); }, {random({4, 10}) * 3}, 1);
}

TEST_CASE("the gradient of cross-entropy is its slope, and 0 for what does not count", "[nn]") {
  torch::manual_seed(24);
  const auto target = torch::tensor({2, -100, 0, 4, -100, 1}, torch::kInt64);
  check_gradients([](const Inputs& x) { return mean_cross_entropy(x[0], x[1], -100).view({1}); },
                  {random({6, 5}) * 2, target}, 1);
}

TEST_CASE("the gradients of batch normalisation are its slopes", "[nn]") {
  torch::manual_seed(25);
  for (const bool relu : {false, true}) {
    const Inputs plain = {random({3, 2, 2, 3}) * 2 + 1, weights({2}), random({2})};
    check_gradients([&](const Inputs& x) { return batch_norm(x, relu); }, plain, 3);
    auto added = plain;
    added.push_back(random({3, 2, 2, 3}));
    check_gradients([&](const Inputs& x) { return batch_norm(x, relu); }, added, 4);
  }
}

TEST_CASE("the gradient of ReLU and dropout is its slope", "[nn]") {
  torch::manual_seed(26);
  for (const double p : {0.0, 0.4}) {
    // The same masks for each value: a stream of its own each time.
    const auto operation = [p](const Inputs& x) {
      DropoutStream dropout(RandomStream(3, "dropout"));
      return relu_dropout(x[0] * 1.0, dropout, p);
    };
    check_gradients(operation, {away_from_zero({5, 8})}, 1);
  }
}

TEST_CASE("the gradients of projections, joined or not, are their slopes", "[nn]") {
  torch::manual_seed(27);
  check_gradients(
      [](const Inputs& x) {
        return project(x[0], {x[1].narrow(0, 0, 3), x[1].narrow(0, 3, 1), x[1].narrow(0, 4, 2)});
      },
      {random({2, 3, 4}), random({6, 4})}, 2);
  check_gradients(
      [](const Inputs& x) {
        return project(x[0], {x[1], x[2]});
      },
      {random({2, 3, 4}), random({3, 4}), random({2, 4})}, 3);
}

TEST_CASE("the gradients of an ensemble's layers are their slopes", "[nn]") {
  torch::manual_seed(28);
  constexpr std::int64_t kMembers = 3;
  // x, the matrix, r, s, the members' biases, and what joins the product.
  const Inputs shared = {random({2, 4}),         random({5, 4}),         weights({kMembers, 4}),
                         weights({kMembers, 5}), random({kMembers * 5}), random({2, 5})};
  check_gradients([](const Inputs& x) { return member_inputs(layer_of(x), kMembers, x[0], x[5]); },
                  shared, 6);
  auto own = shared;
  own[0] = random({2 * kMembers, 4});
  check_gradients([](const Inputs& x) { return member_linear(layer_of(x), kMembers, x[0]); }, own,
                  5);
  check_gradients(
      [](const Inputs& x) {
        return member_sums({at::empty({5, 4}), {}, x[0], x[1]}, kMembers, x[2]);
      },
      {weights({kMembers, 5}), random({kMembers * 5}), random({2, 5})}, 3);
  check_gradients([](const Inputs& x) { return member_heads(x[0], x[1], x[2]); },
                  {random({2 * kMembers, 4}), random({kMembers, 4, 2}), random({kMembers * 2})}, 3);
}
