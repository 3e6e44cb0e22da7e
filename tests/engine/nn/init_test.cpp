// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/init.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "support/catch.h"

using namespace candor;

TEST_CASE("normal values have the mean, deviation and tails of the normal distribution", "[nn]") {
  const auto x = normal_tensor({1000, 301}, 2.0, RandomStream(1, "t")).to(torch::kFloat64);
  CHECK(x.mean().item<double>() == Approx(0.0).margin(0.02));
  CHECK(x.std().item<double>() == Approx(2.0).epsilon(0.01));
  CHECK(x.abs().gt(4.0).to(torch::kFloat64).mean().item<double>() == Approx(0.0455).margin(0.002));
}

TEST_CASE("uniform values fill the interval evenly", "[nn]") {
  const auto x = uniform_tensor({99999}, 3.0, RandomStream(2, "t"));
  CHECK(x.min().item<float>() >= -3.0f);
  CHECK(x.max().item<float>() <= 3.0f);
  CHECK(x.to(torch::kFloat64).std().item<double>() == Approx(3.0 / std::sqrt(3.0)).epsilon(0.01));
}

TEST_CASE("initial values do not depend on the number of threads", "[nn]") {
  const auto threads = at::get_num_threads();
  const auto draw = [](int count) {
    at::set_num_threads(count);
    return normal_tensor({100001}, 1.0, RandomStream(3, "t"));
  };
  const auto one = draw(1), two = draw(2);
  at::set_num_threads(threads);
  CHECK(one.equal(two));
}
