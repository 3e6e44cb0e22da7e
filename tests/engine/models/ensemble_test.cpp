// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <cmath>

#include "engine/checkpoint/weights.h"
#include "engine/models/mlp.h"
#include "engine/nn/evaluation_mode.h"
#include "engine/nn/init.h"
#include "engine/preprocess/network.h"
#include "engine/train/loss.h"
#include "support/catch.h"

using namespace candor;

namespace {

constexpr std::int64_t kMembers = 3;

MlpConfig ensemble(EnsembleKind kind, std::vector<std::int64_t> hidden = {5, 4}) {
  MlpConfig config;
  config.hidden = std::move(hidden);
  config.activation = Activation::tanh;
  config.ensemble = EnsembleConfig{kMembers, kind};
  return config;
}

ModelShape shape_of(std::int64_t dense, std::int64_t outputs) {
  ModelShape shape;
  shape.dense_width = dense;
  shape.outputs = outputs;
  return shape;
}

// Members begin alike but for the first adapter; what is tested should not rest on that.
void stir(torch::nn::Module& model) {
  const torch::NoGradGuard guard;
  for (auto& parameter : model.parameters()) parameter.add_(torch::randn_like(parameter) * 0.3);
}

// What member `k` alone computes, layer by layer, by the paper's equation.
at::Tensor member(const std::map<std::string, at::Tensor>& state, std::int64_t k,
                  std::int64_t layers, at::Tensor x) {
  const auto own = [&](const std::string& name) {
    const auto found = state.find(name);
    return found == state.end() ? torch::ones({1}) : found->second[k];
  };
  for (std::int64_t i = 0; i < layers; ++i) {
    const auto name = "layers." + std::to_string(i);
    const auto& weight = state.at(name + ".weight");
    const auto bias = state.at(name + ".bias").view({-1, weight.size(0)});
    const auto product = (x * own(name + ".r")).matmul(weight.t()) * own(name + ".s");
    x = (product + bias[bias.size(0) == 1 ? 0 : k]).tanh();
  }
  const auto& head = state.at("head.weight");
  return x.matmul(head[k]) + state.at("head.bias").view({-1, head.size(2)})[k];
}

}  // namespace

TEST_CASE("each member is the network that its adapters make of the shared weights", "[models]") {
  for (const auto kind : {EnsembleKind::full, EnsembleKind::mini}) {
    for (const std::int64_t outputs : {1, 2}) {
      Mlp model(ensemble(kind), shape_of(6, outputs), RandomStream(1, "init"));
      stir(model);
      const auto state = module_state(model);
      const auto x = torch::randn({7, 6});
      DropoutStream off;
      const auto all = model.forward({x, {}}, off);
      REQUIRE(all.sizes() == at::IntArrayRef{7, kMembers, outputs});
      for (std::int64_t k = 0; k < kMembers; ++k) {
        CHECK(all.select(1, k).allclose(member(state, k, 2, x), 1e-4, 1e-5));
      }
    }
  }
}

TEST_CASE("an ensemble answers with its members' mean probability or mean value", "[models]") {
  const auto x = torch::randn({4, 6});
  for (const std::int64_t outputs : {1, 3}) {
    Mlp model(ensemble(EnsembleKind::mini), shape_of(6, outputs), RandomStream(1, "init"));
    stir(model);
    DropoutStream off;
    const auto members = model.forward({x, {}}, off);
    const EvaluationMode mode(model);
    const auto answer = model.forward({x, {}}, off);
    REQUIRE(answer.sizes() == at::IntArrayRef{4, outputs});
    if (outputs == 1) {
      CHECK(answer.allclose(members.mean(1)));
    } else {
      CHECK(answer.softmax(1).allclose(members.softmax(2).mean(1)));
      CHECK(answer.allclose(members.softmax(2).mean(1).log(), 1e-4, 1e-5));
    }
  }
}

TEST_CASE("adapters are where the paper has them, and members begin apart in the first alone",
          "[models]") {
  const auto full =
      module_state(Mlp(ensemble(EnsembleKind::full), shape_of(6, 2), RandomStream(1, "init")));
  CHECK(full.at("layers.0.r").sizes() == at::IntArrayRef{kMembers, 6});
  CHECK(full.at("layers.0.s").sizes() == at::IntArrayRef{kMembers, 5});
  CHECK(full.at("layers.1.r").sizes() == at::IntArrayRef{kMembers, 5});
  CHECK(full.at("layers.1.bias").sizes() == at::IntArrayRef{kMembers * 4});
  CHECK(full.at("head.weight").sizes() == at::IntArrayRef{kMembers, 4, 2});
  CHECK(full.at("layers.0.r").abs().eq(1.0).all().item<bool>());
  CHECK_FALSE(full.at("layers.0.r")[0].equal(full.at("layers.0.r")[1]));
  for (const auto* name : {"layers.0.s", "layers.1.r", "layers.1.s"}) {
    CHECK(full.at(name).eq(1.0).all().item<bool>());
  }
  const auto bias = full.at("layers.1.bias").view({kMembers, 4});
  CHECK(bias[0].equal(bias[2]));
  const auto mini =
      module_state(Mlp(ensemble(EnsembleKind::mini), shape_of(6, 2), RandomStream(1, "init")));
  CHECK(mini.size() == 2 * 2 + 1 + 2);  // weights and biases, one adapter, the heads
  CHECK(mini.at("layers.0.r").equal(full.at("layers.0.r")));
  CHECK(mini.at("layers.1.bias").sizes() == at::IntArrayRef{4});
}

TEST_CASE("a member weighs all that a column becomes behind a layer of its own by one number",
          "[models]") {
  auto shape = shape_of(1, 2);
  shape.numbers.columns = 2;
  shape.numbers.inputs = 5;
  shape.numbers.width = 3;
  shape.category_sizes = {7};
  shape.embedding_widths = {4};
  const auto r = module_state(Mlp(ensemble(EnsembleKind::mini), shape, RandomStream(1, "init")))
                     .at("layers.0.r");
  REQUIRE(r.sizes() == at::IntArrayRef{kMembers, 11});
  std::int64_t start = 0;
  for (const std::int64_t width : {1, 3, 3, 4}) {
    const auto part = r.narrow(1, start, width);
    CHECK(part.equal(part.narrow(1, 0, 1).expand_as(part)));
    start += width;
  }
  CHECK_FALSE(r.select(1, 1).equal(r.select(1, 4)));
  CHECK_FALSE(r.abs().eq(1.0).any().item<bool>());  // drawn from N(0, 1)
}

TEST_CASE("adapters and matrices of an ensemble decay, its biases do not", "[models]") {
  for (const auto& [name, tensor] :
       module_state(Mlp(ensemble(EnsembleKind::full), shape_of(6, 2), RandomStream(1, "init")))) {
    CAPTURE(name);
    CHECK(decays(tensor) == !name.ends_with("bias"));
  }
}

TEST_CASE("the loss of an ensemble is the mean of its members' losses", "[models]") {
  const auto stage = make_table_stage({});
  Batch batch;
  batch.target = torch::tensor({0, 2, 1, 2}, torch::kInt64);
  const auto output = torch::randn({4, kMembers, 3});
  for (const bool weighted : {false, true}) {
    if (weighted) batch.weight = torch::tensor({1.0f, 0.5f, 0.0f, 3.0f});
    auto mean = torch::zeros({});
    for (std::int64_t k = 0; k < kMembers; ++k) {
      mean += training_loss(OutputKind::classification, *stage, output.select(1, k), batch);
    }
    CHECK(
        training_loss(OutputKind::classification, *stage, output, batch).allclose(mean / kMembers));
  }
  batch.target = torch::tensor({0.5, -1.0, 2.0, 0.0}, torch::kFloat64);
  const auto values = torch::randn({4, kMembers, 1});
  auto mean = torch::zeros({});
  for (std::int64_t k = 0; k < kMembers; ++k) {
    mean += training_loss(OutputKind::regression, *stage, values.select(1, k), batch);
  }
  CHECK(training_loss(OutputKind::regression, *stage, values, batch).allclose(mean / kMembers));
}

TEST_CASE("all of an ensemble learns, whatever its inputs, activation and normalisation",
          "[models]") {
  for (const auto kind : {EnsembleKind::full, EnsembleKind::mini}) {
    for (const auto norm : {Norm::none, Norm::batch, Norm::layer}) {
      for (const std::int64_t dense : {0, 6}) {
        auto config = ensemble(kind, {8, 8});
        config.norm = norm;
        config.residual = true;
        config.dropout = 0.2;
        config.activation = dense == 0 ? Activation::silu : Activation::relu;
        auto shape = shape_of(dense, 2);
        shape.terms = 5;
        Mlp model(config, shape, RandomStream(2, "init"));
        Features features;
        features.dense = torch::randn({6, dense});
        features.terms = torch::tensor({4, 0, 2, 1, 3, 0, 1, 2}, torch::kInt64);
        features.term_weights = torch::rand({8});
        features.offsets = torch::tensor({0, 2, 3, 4, 5, 7}, torch::kInt64);
        DropoutStream dropout(RandomStream(1, "dropout"));
        const auto output = model.forward(features, dropout);
        REQUIRE(output.sizes() == at::IntArrayRef{6, kMembers, 2});
        (output * torch::randn_like(output)).sum().backward();
        for (const auto& parameter : model.named_parameters()) {
          CAPTURE(parameter.key(), static_cast<int>(norm), dense);
          REQUIRE(parameter.value().grad().defined());
          CHECK(parameter.value().grad().isfinite().all().item<bool>());
          // A bias before batch normalisation has no effect.
          if (norm == Norm::batch && parameter.key().ends_with("bias")) continue;
          CHECK(parameter.value().grad().abs().sum().item<float>() > 0.0f);
        }
      }
    }
  }
}

TEST_CASE("members of an ensemble drop values of their own", "[models]") {
  auto config = ensemble(EnsembleKind::mini, {64});
  config.activation = Activation::relu;
  Mlp model(config, shape_of(6, 2), RandomStream(1, "init"));
  {
    const torch::NoGradGuard guard;  // members are alike in all but what is dropped
    for (auto& item : model.named_parameters()) {
      if (item.key() == "layers.0.r") item.value().fill_(1.0);
      if (item.key() == "head.weight") item.value().fill_(1.0);
      if (item.key() == "head.bias") item.value().zero_();
    }
  }
  const auto x = torch::randn({3, 6});
  const auto spread = [&](double p) {
    config.dropout = p;
    Mlp dropping(config, shape_of(6, 2), RandomStream(1, "init"));
    load_state(dropping, module_state(model), "test");
    DropoutStream dropout(RandomStream(1, "dropout"));
    const auto output = dropping.forward({x, {}}, dropout);
    return (output.select(1, 0) - output.select(1, 1)).abs().max().item<float>();
  };
  CHECK(spread(0.0) == Approx(0.0).margin(1e-4));
  CHECK(spread(0.5) > 0.01f);
}

TEST_CASE("a residual layer adds its input where the widths are equal", "[models]") {
  MlpConfig config;
  config.hidden = {4, 4, 3};
  config.activation = Activation::silu;
  config.residual = true;
  Mlp model(config, shape_of(4, 2), RandomStream(1, "init"));
  auto state = module_state(model);
  const auto linear = [&](const std::string& layer, const at::Tensor& x) {
    return at::linear(x, state.at("layers." + layer + ".weight"),
                      state.at("layers." + layer + ".bias"));
  };
  const auto x = torch::randn({5, 4});
  auto hidden = at::silu(linear("0", x));
  hidden = hidden + at::silu(linear("1", hidden));
  const auto expected = linear("3", at::silu(linear("2", hidden)));
  DropoutStream off;
  CHECK(model.forward({x, {}}, off).allclose(expected, 1e-4, 1e-6));
}

TEST_CASE("an ensemble is made on the meta device too, where models are checked before they load",
          "[models]") {
  auto shape = shape_of(3, 2);
  shape.category_sizes = {4};
  shape.embedding_widths = {2};
  shape.numbers.columns = 2;
  shape.numbers.width = 3;
  for (const auto kind : {EnsembleKind::full, EnsembleKind::mini}) {
    for (const auto norm : {Norm::none, Norm::batch, Norm::layer}) {
      for (const std::int64_t terms : {0, 9}) {
        auto config = ensemble(kind);
        config.norm = norm;
        shape.terms = terms;
        const Mlp model(config, shape, RandomStream(0, "init"));
        const InitDevice on_meta(at::kMeta);
        const Mlp other(config, shape, RandomStream(0, "init"));
        const auto state = module_state(other);
        CHECK(state.size() == module_state(model).size());
        for (const auto& [name, tensor] : module_state(model)) {
          INFO(name);
          REQUIRE(state.contains(name));
          CHECK(state.at(name).is_meta());
          CHECK(state.at(name).sizes() == tensor.sizes());
        }
      }
    }
  }
}
