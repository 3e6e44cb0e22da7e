// SPDX-License-Identifier: Apache-2.0
#include "engine/models/number_encoder.h"

#include <torch/torch.h>

#include <numbers>

#include "engine/checkpoint/weights.h"
#include "engine/models/mlp.h"
#include "support/catch.h"

using namespace candor;

namespace {

NumberEncoderShape periodic(std::int64_t columns = 3) {
  NumberEncoderShape shape;
  shape.columns = columns;
  shape.frequencies = 5;
  shape.frequency_scale = 0.4;
  shape.width = 4;
  return shape;
}

}  // namespace

TEST_CASE("periodic encoding is cosines, sines, a linear layer and ReLU per column", "[models]") {
  NumberEncoder encoder(periodic(), RandomStream(1, "init"));
  const auto state = module_state(encoder);
  const auto x = torch::randn({7, 3});
  const auto found = encoder.forward(x.unsqueeze(2));
  const auto frequencies = state.at("frequencies").view({3, 5});
  const auto weight = state.at("weight").view({3, 10, 4});
  const auto bias = state.at("bias").view({3, 4});
  for (std::int64_t column = 0; column < 3; ++column) {
    const auto angle = 2.0 * std::numbers::pi * x.select(1, column).outer(frequencies[column]);
    const auto vector = torch::cat({angle.cos(), angle.sin()}, 1);
    const auto expected = (vector.mm(weight[column]) + bias[column]).relu();
    CHECK(found.narrow(1, 4 * column, 4).allclose(expected, 1e-4, 1e-5));
  }
}

TEST_CASE("frequencies are drawn with the deviation that was asked for, and none decays",
          "[models]") {
  auto shape = periodic(40);
  shape.frequencies = 100;
  NumberEncoder encoder(shape, RandomStream(1, "init"));
  const auto state = module_state(encoder);
  CHECK(state.at("frequencies").std().item<double>() == Approx(0.4).epsilon(0.05));
  CHECK(state.at("frequencies").mean().item<double>() == Approx(0.0).margin(0.02));
  CHECK(state.at("weight").abs().max().item<double>() <= 1.0 / std::sqrt(200.0));
  for (const auto& [name, tensor] : state) {
    CAPTURE(name);
    CHECK_FALSE(decays(tensor));
  }
}

TEST_CASE("shares of bins go through a layer of their column alone", "[models]") {
  NumberEncoderShape shape;
  shape.columns = 2;
  shape.inputs = 3;
  shape.width = 4;
  NumberEncoder encoder(shape, RandomStream(1, "init"));
  CHECK(module_state(encoder).count("frequencies") == 0);
  auto numbers = torch::rand({5, 2, 3});
  const auto before = encoder.forward(numbers);
  numbers.select(1, 1).add_(1.0);
  const auto after = encoder.forward(numbers);
  CHECK(after.narrow(1, 0, 4).equal(before.narrow(1, 0, 4)));
  CHECK_FALSE(after.narrow(1, 4, 4).equal(before.narrow(1, 4, 4)));
}

TEST_CASE("an MLP takes encoded numbers beside the rest, and all of it learns", "[models]") {
  ModelShape shape;
  shape.dense_width = 2;
  shape.outputs = 2;
  shape.category_sizes = {4};
  shape.embedding_widths = {3};
  shape.numbers = periodic();
  Mlp model(MlpConfig{}, shape, RandomStream(1, "init"));
  CHECK(module_state(model).at("layers.0.weight").size(1) == 2 + 3 * 4 + 3);
  DropoutStream off;
  const Features features{torch::rand({6, 2}), torch::randint(0, 4, {6, 1}, torch::kInt64),
                          torch::randn({6, 3, 1})};
  model.forward(features, off).square().sum().backward();
  for (const auto& parameter : model.named_parameters()) {
    CAPTURE(parameter.key());
    REQUIRE(parameter.value().grad().defined());
    CHECK(parameter.value().grad().abs().sum().item<float>() > 0.0f);
  }
}
