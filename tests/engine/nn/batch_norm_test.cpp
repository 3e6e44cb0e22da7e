// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/batch_norm.h"

#include <torch/torch.h>

#include "engine/nn/check_same.h"

using namespace candor;
using test::check_same;
using test::Inputs;

namespace {

// The layer on inputs x, weight, bias and, perhaps, residual.
at::Tensor through(const Inputs& x, bool relu, bool fused) {
  BatchNorm norm;
  const auto options = x[0].options().requires_grad(false);
  norm.weight = x[1];
  norm.bias = x[2];
  norm.mean = torch::zeros({x[0].size(1)}, options);
  norm.variance = torch::ones({x[0].size(1)}, options);
  norm.batches = torch::zeros({}, torch::kInt64);
  const auto images = fused ? x[0].contiguous(at::MemoryFormat::ChannelsLast) : x[0];
  auto residual = x.size() > 3 ? x[3] : at::Tensor();
  if (fused && residual.defined()) residual = residual.contiguous(at::MemoryFormat::ChannelsLast);
  const auto y = norm.forward_add(images, residual, relu, /*training=*/true);
  CHECK(norm.batches.item<std::int64_t>() == 1);
  // The running statistics are part of what is compared.
  return at::cat({y.flatten(), norm.mean, norm.variance});
}

void check(Inputs inputs, bool relu) {
  const auto differentiable = inputs.size();
  check_same([&](const Inputs& x) { return through(x, relu, x[0].scalar_type() == torch::kFloat); },
             [&](const Inputs& x) { return through(x, relu, false); }, inputs, differentiable);
}

}  // namespace

TEST_CASE("normalised, added to and cut off in one node: values, gradients, running statistics",
          "[nn]") {
  torch::manual_seed(10);
  for (const std::int64_t channels : {3, 16}) {
    const auto x = torch::randn({4, channels, 5, 7}) * 3 + 10;
    const auto weight = torch::rand({channels}) + 0.5, bias = torch::randn({channels});
    const auto residual = torch::randn({4, channels, 5, 7});
    for (const bool relu : {false, true}) {
      check({x, weight, bias}, relu);
      check({x, weight, bias, residual}, relu);
    }
  }
}

TEST_CASE("many rows, in blocks, have the statistics of all", "[nn]") {
  torch::manual_seed(11);
  check({torch::randn({8, 4, 40, 40}) * 0.1 + 10, torch::ones({4}), torch::zeros({4})}, false);
}
