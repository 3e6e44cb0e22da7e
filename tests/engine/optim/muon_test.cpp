// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/muon.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/nn/holder.h"
#include "engine/optim/optimizer.h"
#include "support/catch.h"

using namespace candor;

namespace {

at::Tensor matrix(std::int64_t rows, std::int64_t columns) {
  return torch::sin(torch::arange(rows * columns, torch::kFloat32).square() * 0.37)
      .view({rows, columns});
}

// The iteration as its authors write it, with a transposed copy for tall matrices.
at::Tensor newton_schulz(const at::Tensor& g, int iterations) {
  const bool tall = g.size(0) > g.size(1);
  auto x = (tall ? g.t() : g) / (g.norm() + 1e-7);
  for (int i = 0; i < iterations; ++i) {
    const auto a = x.mm(x.t());
    const auto b = -4.7750 * a + 2.0315 * a.mm(a);
    x = 3.4445 * x + b.mm(x);
  }
  return tall ? x.t() : x;
}

// Three linear layers by the names of an MLP.
struct Layers : Holder {
  Layers() {
    const std::vector<std::pair<std::int64_t, std::int64_t>> shapes = {{4, 3}, {12, 4}, {2, 12}};
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      auto& layer = child("layers").child(std::to_string(i));
      weights.push_back(
          layer.register_parameter("weight", matrix(shapes[i].first, shapes[i].second)));
    }
  }
  std::vector<at::Tensor> weights;
};

}  // namespace

TEST_CASE("an orthogonal matrix has singular values near 1 and the same singular vectors",
          "[optim]") {
  for (const auto& [rows, columns] : {std::pair{6, 20}, std::pair{20, 6}, std::pair{9, 9}}) {
    const auto g = matrix(rows, columns);
    Orthogonaliser orthogonalise;
    const auto x = orthogonalise(g.clone(), 5);
    CHECK(x.allclose(newton_schulz(g, 5), 1e-4, 1e-5));
    const auto values = at::linalg_svdvals(x);
    CHECK(values.max().item<double>() < 1.3);
    CHECK(values.min().item<double>() > 0.3);
    // U S V^T becomes U S' V^T: the product with the original is symmetric.
    const auto product = x.mm(g.t());
    CHECK(product.allclose(product.t(), 1e-3, 1e-3));
    CHECK(orthogonalise(g.clone(), 5).equal(x));  // also in buffers that are used again
    CHECK(orthogonalise(g.clone() * 1e-3, 5).allclose(x, 1e-3, 1e-3));
  }
}

TEST_CASE("a zero matrix stays zero", "[optim]") {
  Orthogonaliser orthogonalise;
  CHECK(orthogonalise(torch::zeros({3, 4}), 5).abs().max().item<float>() == 0.0f);
}

TEST_CASE("Muon descends along the orthogonal momentum, AdamW does the rest", "[optim]") {
  Layers module, rest;
  MuonConfig config;
  config.weight_decay = 0.1;
  config.adamw = {.learning_rate = 0.004, .weight_decay = 0.2};
  Optimizer muon(module, config);
  AdamWConfig other = config.adamw;
  Optimizer adamw(rest, other);
  auto w = module.weights[1].detach().clone();
  auto momentum = torch::zeros_like(w);
  const torch::NoGradGuard guard;
  for (int step = 0; step < 3; ++step) {
    const double factor = step == 1 ? 0.5 : 1.0;  // of the schedule
    for (std::size_t i = 0; i < 3; ++i) {
      const auto g = torch::cos(module.weights[i] * 2.0 + step);
      module.weights[i].mutable_grad().copy_(g);
      rest.weights[i].mutable_grad().copy_(g);
    }
    const auto g = module.weights[1].grad().clone();
    momentum = 0.95 * momentum + g;
    const double rate = 0.02 * factor;
    w = w * (1.0 - rate * 0.1) -
        rate * std::sqrt(12.0 / 4.0) * newton_schulz(g + 0.95 * momentum, 5);
    muon.step(rate);
    adamw.step(0.004 * factor);
    CHECK(module.weights[1].allclose(w, 1e-4, 1e-5));
    CHECK(module.weights[0].allclose(rest.weights[0], 1e-6, 1e-7));
    CHECK(module.weights[2].allclose(rest.weights[2], 1e-6, 1e-7));
  }
}

TEST_CASE("a channels-last convolution is the same matrix to Muon", "[optim]") {
  struct Convolution : Holder {
    explicit Convolution(at::MemoryFormat format) {
      weight = child("layer1").child("conv1").register_parameter(
          "weight", matrix(6, 18).view({6, 2, 3, 3}).contiguous(format));
    }
    at::Tensor weight;
  };
  Convolution plain(at::MemoryFormat::Contiguous), last(at::MemoryFormat::ChannelsLast);
  const torch::NoGradGuard guard;
  for (auto* module : {&plain, &last}) {
    Optimizer optimizer(*module, MuonConfig{});
    module->weight.mutable_grad().copy_(torch::cos(module->weight * 3.0));
    optimizer.step(0.02);
  }
  CHECK(last.weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(last.weight.allclose(plain.weight, 1e-4, 1e-5));
}

TEST_CASE("an update by Muon leaves the working copies as its weights, rounded", "[optim]") {
  Layers layers;
  Optimizer optimizer(layers, MuonConfig{});
  WorkingWeights working(optimizer.parameter_buffers());
  working.refresh();
  const torch::NoGradGuard guard;
  for (auto& weight : layers.weights) weight.mutable_grad().copy_(weight.detach().cos());
  optimizer.step(0.01, &working);
  REQUIRE(optimizer.groups().size() == 2);  // Muon's and AdamW's
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(working.copy(i).equal(optimizer.groups()[i].parameters.to(at::kBFloat16)));
  }
}
