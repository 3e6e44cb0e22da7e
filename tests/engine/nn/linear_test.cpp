// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/linear.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"
#include "engine/nn/products.h"
#include "engine/nn/relu_dropout.h"
#include "engine/nn/working_weights.h"

using namespace candor;
using test::check_same;
using test::Inputs;

namespace {

const RandomStream kMasks(3, "dropout");

at::Tensor plain_linear(const Inputs& in) {
  return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor());
}

at::Tensor own_linear(const Inputs& in) {
  return linear_layer(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor());
}

// Largest difference, as a share of the largest value.
double difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

// Value and gradients of sum(layer * sin) of x, weight and bias.
std::vector<at::Tensor> results(const test::Operation& layer, const Inputs& inputs) {
  Inputs own;
  for (const auto& input : inputs) own.push_back(input.clone().set_requires_grad(true));
  const auto y = layer(own);
  (y * torch::arange(y.numel()).view(y.sizes()).sin()).sum().backward();
  std::vector<at::Tensor> all = {y.detach()};
  for (const auto& input : own) all.push_back(input.grad());
  return all;
}

}  // namespace

TEST_CASE("a linear layer has the values and gradients of the plain one", "[nn]") {
  torch::manual_seed(4);
  const auto weight = torch::randn({7, 5}), bias = torch::randn({7});
  for (const auto kind : {ProductKind::mkl, ProductKind::onednn}) {
    const ProductScope scope(kind);
    for (const auto& x : {torch::randn({6, 5}), torch::randn({2, 3, 5}), torch::randn({1, 5})}) {
      check_same(own_linear, plain_linear, {x, weight, bias}, 3);
      check_same(own_linear, plain_linear, {x, weight}, 2);
    }
  }
}

TEST_CASE("a linear layer leaves out the gradients that nobody asks for", "[nn]") {
  torch::manual_seed(4);
  const auto x = torch::randn({6, 5}), bias = torch::randn({7});
  auto weight = torch::randn({7, 5}).set_requires_grad(true);
  const auto y = linear_layer(x, weight, bias);
  y.sum().backward();
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(bias.grad().defined());
  CHECK(weight.grad().allclose(x.sum(0).expand({7, 5}), 1e-5, 1e-5));
}

TEST_CASE("a linear layer without rows has an answer without rows", "[nn]") {
  for (const auto kind : {ProductKind::mkl, ProductKind::onednn, ProductKind::bfloat16}) {
    const ProductScope scope(kind);
    auto weight = torch::randn({7, 5}).set_requires_grad(true);
    const auto y = linear_layer(torch::empty({0, 5}), weight, torch::randn({7}));
    CHECK(y.sizes() == at::IntArrayRef({0, 7}));
    y.sum().backward();
    CHECK(weight.grad().abs().sum().item<float>() == 0.0f);
  }
}

TEST_CASE("linear, ReLU and dropout as one node are those one after the other", "[nn]") {
  torch::manual_seed(5);
  const auto x = torch::randn({8, 5}), weight = torch::randn({16, 5}), bias = torch::randn({16});
  for (const double p : {0.0, 0.4}) {
    const auto fused = [p](const Inputs& in) {
      DropoutStream dropout(kMasks);
      return linear_relu(in[0], in[1], in[2], dropout, p);
    };
    const auto plain = [p](const Inputs& in) {
      DropoutStream dropout(kMasks);
      return dropout.apply(at::linear(in[0], in[1], in[2]).relu(), p);
    };
    check_same(fused, plain, {x, weight, bias}, 3);
  }
}

TEST_CASE("outside of training, a linear layer is LibTorch's", "[nn]") {
  torch::manual_seed(6);
  const torch::NoGradGuard no_gradients;
  const auto x = torch::randn({6, 5}), weight = torch::randn({7, 5}), bias = torch::randn({7});
  CHECK(linear_layer(x, weight, bias).equal(at::linear(x, weight, bias)));
}

TEST_CASE("products of bfloat16 operands are float32 and close to those of float32", "[nn]") {
  torch::manual_seed(7);
  const auto x = torch::randn({64, 96}), weight = torch::randn({48, 96}), bias = torch::randn({48});
  const auto exact = results(plain_linear, {x, weight, bias});
  const ProductScope scope(ProductKind::bfloat16);
  const auto rounded = results(own_linear, {x, weight, bias});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CHECK(rounded[i].scalar_type() == at::kFloat);
    // bfloat16 has 8 bits of precision: each operand and the result are off by 2^-9 at most.
    CHECK(difference(rounded[i], exact[i]) < 0.02);
  }
  CHECK_FALSE(rounded[0].equal(exact[0]));
}

TEST_CASE("a convolution of bfloat16 operands is float32 and close to that of float32", "[nn]") {
  torch::manual_seed(8);
  const auto x = torch::randn({4, 8, 9, 9}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto weight = torch::randn({16, 8, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto layer = [](const Inputs& in) { return convolve(in[0], in[1], 2, 1); };
  const auto exact = results(layer, {x, weight});
  const ProductScope scope(ProductKind::bfloat16);
  const auto rounded = results(layer, {x, weight});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CHECK(rounded[i].scalar_type() == at::kFloat);
    CHECK(difference(rounded[i], exact[i]) < 0.02);
  }
  CHECK(rounded[0].is_contiguous(at::MemoryFormat::ChannelsLast));
}

// Of the sum of the outputs times `factors`.
std::vector<at::Tensor> gradients_of_convolution(at::Tensor x, at::Tensor weight,
                                                 const at::Tensor& factors, bool ours) {
  x = x.detach().requires_grad_();
  weight = weight.detach().requires_grad_();
  const auto y = ours ? convolve(x, weight, 2, 0) : at::conv2d(x, weight, {}, 2);
  return torch::autograd::grad({y}, {x, weight}, {factors});
}

// With AVX2 the weight's was not (oneDNN issue 6035).
TEST_CASE("a strided convolution of single pixels has the right gradients of few channels",
          "[nn]") {
  torch::manual_seed(11);
  for (const std::int64_t channels : {1, 3, 4, 7, 12, 16, 20}) {
    INFO(channels << " channels");
    for (int repeat = 0; repeat < 5; ++repeat) {
      const auto x = torch::rand({6, channels, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast);
      const auto weight =
          torch::randn({8, channels, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast);
      const auto factors = torch::randn({6, 8, 4, 4});
      const auto ours = gradients_of_convolution(x, weight, factors, true);
      const auto exact = gradients_of_convolution(x.to(at::kDouble), weight.to(at::kDouble),
                                                  factors.to(at::kDouble), false);
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(ours[i].to(at::kDouble).allclose(exact[i], 1e-4, 1e-4));
      }
    }
  }
}

TEST_CASE("the working copy of a weight is the weight rounded, as it was last refreshed", "[nn]") {
  torch::manual_seed(9);
  const auto buffer = torch::randn({40});
  const auto weight = buffer.slice(0, 8, 20).view({4, 3}), other = torch::randn({4, 3});
  WorkingWeights working({torch::randn({5}), buffer});
  working.refresh();
  CHECK(working.find(weight).equal(weight.to(at::kBFloat16)));
  CHECK_FALSE(working.find(other).defined());
  const ProductScope scope(ProductKind::bfloat16, &working);
  const auto before = weight_operand(weight, ProductKind::bfloat16).clone();
  buffer.add_(1.0);
  CHECK(weight_operand(weight, ProductKind::bfloat16).equal(before));
  working.invalidate();
  working.refresh();
  CHECK(weight_operand(weight, ProductKind::bfloat16).equal(weight.to(at::kBFloat16)));
  CHECK(weight_operand(other, ProductKind::bfloat16).equal(other.to(at::kBFloat16)));
}

TEST_CASE("a product scope ends where it began", "[nn]") {
  CHECK(product_kind() == ProductKind::mkl);
  {
    const ProductScope outer(ProductKind::onednn);
    {
      const ProductScope inner(ProductKind::bfloat16);
      CHECK(product_kind() == ProductKind::bfloat16);
    }
    CHECK(product_kind() == ProductKind::onednn);
  }
  CHECK(product_kind() == ProductKind::mkl);
}

TEST_CASE("kinds of products have names", "[nn]") {
  for (const auto kind : {ProductKind::mkl, ProductKind::onednn, ProductKind::bfloat16}) {
    CHECK(product_kind_of(product_kind_name(kind)) == kind);
  }
  CHECK_THROWS_WITH(product_kind_of("blis"),
                    "matrix products: 'blis'; allowed: mkl, onednn, bfloat16");
}
