// SPDX-License-Identifier: Apache-2.0
#include "engine/models/mlp.h"

#include <torch/torch.h>

#include "engine/checkpoint/weights.h"
#include "support/catch.h"

using namespace candor;

namespace {

ModelShape shape_of(std::int64_t dense, std::int64_t outputs) {
  ModelShape shape;
  shape.dense_width = dense;
  shape.outputs = outputs;
  return shape;
}

}  // namespace

TEST_CASE("an MLP is linear layers with the activation between them", "[models]") {
  MlpConfig config;
  config.hidden = {5, 4};
  config.activation = Activation::silu;
  Mlp model(config, shape_of(3, 2), RandomStream(1, "init"));
  auto state = module_state(model);
  const auto x = torch::rand({6, 3});
  auto expected = x;
  for (const std::string layer : {"0", "1", "2"}) {
    expected = at::linear(expected, state.at("layers." + layer + ".weight"),
                          state.at("layers." + layer + ".bias"));
    if (layer != "2") expected = at::silu(expected);
  }
  DropoutStream off;
  CHECK(model.forward({x, {}}, off).allclose(expected));
  CHECK(state.size() == 6);
}

TEST_CASE("initial weights lie within 1 / sqrt(fan in) and use all of it", "[models]") {
  MlpConfig config;
  config.hidden = {256};
  Mlp model(config, shape_of(100, 2), RandomStream(1, "init"));
  const auto weight = module_state(model).at("layers.0.weight");
  CHECK(weight.abs().max().item<double>() <= 0.1);
  CHECK(weight.abs().max().item<double>() > 0.099);
  CHECK(weight.mean().item<double>() == Approx(0.0).margin(0.002));
  CHECK(weight.std().item<double>() == Approx(0.1 / std::sqrt(3.0)).epsilon(0.02));
}

TEST_CASE("embedded categories are concatenated, unseen ones start at zero", "[models]") {
  auto shape = shape_of(2, 3);
  shape.category_sizes = {4, 6};
  shape.embedding_widths = {2, 3};
  Mlp model(MlpConfig{}, shape, RandomStream(1, "init"));
  const auto state = module_state(model);
  CHECK(state.at("embeddings.0.weight").sizes() == at::IntArrayRef{4, 2});
  CHECK(state.at("embeddings.1.weight").slice(0, 0, 2).abs().sum().item<float>() == 0.0f);
  CHECK(state.at("layers.0.weight").size(1) == 2 + 2 + 3);
  DropoutStream off;
  const auto indices = torch::tensor({{2, 5}, {0, 1}}, torch::kInt64);
  CHECK(model.forward({torch::rand({2, 2}), indices}, off).sizes() == at::IntArrayRef{2, 3});
}

TEST_CASE("normalisation layers have parameters that do not decay", "[models]") {
  for (const auto norm : {Norm::batch, Norm::layer}) {
    MlpConfig config;
    config.hidden = {8};
    config.norm = norm;
    Mlp model(config, shape_of(3, 2), RandomStream(1, "init"));
    CHECK_FALSE(decays(module_state(model).at("norms.0.weight")));
    CHECK(decays(module_state(model).at("layers.0.weight")));
    DropoutStream off;
    CHECK(model.forward({torch::rand({4, 3}), {}}, off).sizes() == at::IntArrayRef{4, 2});
  }
}

TEST_CASE("the same seed draws the same weights, another one others", "[models]") {
  const auto draw = [](std::uint64_t seed) {
    return module_state(Mlp({}, shape_of(3, 2), RandomStream(seed, "init"))).at("layers.1.weight");
  };
  CHECK(draw(1).equal(draw(1)));
  CHECK_FALSE(draw(1).equal(draw(2)));
}

namespace {

Features with_terms(at::Tensor dense) {
  Features features;
  features.dense = std::move(dense);
  features.terms = torch::tensor({4, 0, 2}, torch::kInt64);
  features.term_weights = torch::tensor({1.0f, 2.0f, -1.0f});
  features.offsets = torch::tensor({0, 2}, torch::kInt64);
  return features;
}

}  // namespace

TEST_CASE("terms are a part of the first layer, alone or beside numbers", "[models]") {
  for (const std::int64_t dense : {0, 3}) {
    for (const std::vector<std::int64_t>& hidden : {std::vector<std::int64_t>{}, {4}}) {
      auto shape = shape_of(dense, 2);
      shape.terms = 5;
      MlpConfig config;
      config.hidden = hidden;
      config.activation = Activation::tanh;
      Mlp model(config, shape, RandomStream(1, "init"));
      const auto state = module_state(model);
      const auto width = hidden.empty() ? 2 : 4;
      const auto& terms = state.at("terms.weight");
      CHECK(terms.sizes() == at::IntArrayRef{5, width});
      // Drawn as if it lay in a linear layer with all of the inputs.
      CHECK(terms.abs().max().item<double>() <= 1.0 / std::sqrt(5.0 + static_cast<double>(dense)));
      CHECK(state.contains("layers.0.weight") == (dense > 0));
      const auto x = torch::rand({2, dense});
      auto expected =
          state.at("layers.0.bias") + torch::stack({terms[4] + 2 * terms[0], -terms[2]});
      if (dense > 0) expected = expected + x.matmul(state.at("layers.0.weight").t());
      if (!hidden.empty()) {
        expected =
            at::linear(expected.tanh(), state.at("layers.1.weight"), state.at("layers.1.bias"));
      }
      DropoutStream off;
      CHECK(model.forward(with_terms(x), off).allclose(expected));
    }
  }
}

TEST_CASE("only terms with many weights have sparse gradients", "[models]") {
  auto shape = shape_of(0, 2);
  shape.terms = 1 << 18;
  CHECK(Mlp({}, shape, RandomStream(1, "init")).sparse_parameters().size() == 1);
  MlpConfig linear;
  linear.hidden = {};
  CHECK(Mlp(linear, shape, RandomStream(1, "init")).sparse_parameters().empty());
  shape.terms = 0;
  CHECK(Mlp({}, shape, RandomStream(1, "init")).sparse_parameters().empty());
}
