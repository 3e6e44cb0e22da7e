// SPDX-License-Identifier: Apache-2.0
// Groups of parameters: patterns, frozen ones, Muon's matrices.
#include <torch/torch.h>

#include "engine/models/model.h"
#include "engine/optim/optimizer.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

std::shared_ptr<Model> mlp(std::vector<std::int64_t> hidden, Norm norm = Norm::none) {
  MlpConfig config;
  config.hidden = std::move(hidden);
  config.norm = norm;
  ModelShape shape;
  shape.dense_width = 3;
  shape.outputs = 2;
  return make_model(config, shape, RandomStream(1, "init"));
}

void backward(Model& model) {
  Features features;
  features.dense = torch::linspace(-1, 1, 12).view({4, 3});
  DropoutStream off;
  model.forward(features, off).square().mean().backward();
}

std::map<std::string, at::Tensor> copies(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> all;
  for (const auto& item : module.named_parameters())
    all[item.key()] = item.value().detach().clone();
  return all;
}

std::vector<std::string> hidden_of(const torch::nn::Module& module) {
  std::vector<std::string> names, hidden;
  std::vector<std::int64_t> dimensions;
  for (const auto& item : module.named_parameters()) {
    names.push_back(item.key());
    dimensions.push_back(item.value().dim());
  }
  const auto found = find_hidden_matrices(names, dimensions);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (found[i]) hidden.push_back(names[i]);
  }
  return hidden;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the longest pattern that fits a parameter counts", "[optim]") {
  const ParameterConfigs rules = {{"*", {1.0, {}, false}},
                                  {"layers.*", {2.0, {}, false}},
                                  {"layers.0.weight", {3.0, {}, false}}};
  CHECK(find_fitting(rules, "norms.0.bias")->second.learning_rate_factor == 1.0);
  CHECK(find_fitting(rules, "layers.0.bias")->second.learning_rate_factor == 2.0);
  CHECK(find_fitting(rules, "layers.0.weight")->second.learning_rate_factor == 3.0);
  CHECK(find_fitting({{"fc.*", {}}}, "layers.0.weight") == nullptr);
}

TEST_CASE("a pattern changes the rate and the decay of its parameters alone", "[optim]") {
  const auto model = mlp({4, 4}), plain = mlp({4, 4});
  AdamWConfig config;
  config.weight_decay = 0.0;
  Optimizer optimizer(*model, config, {}, {{"layers.0.*", {0.25, 0.5, false}}});
  Optimizer reference(*plain, config);
  const auto before = copies(*model);
  for (auto* trained : {&model, &plain}) backward(**trained);
  const torch::NoGradGuard guard;
  optimizer.step(0.1);
  reference.step(0.1);
  const auto after = copies(*model), expected = copies(*plain);
  for (const auto& [name, tensor] : after) {
    INFO(name);
    if (!name.starts_with("layers.0.")) {
      CHECK(tensor.equal(expected.at(name)));
      continue;
    }
    // A quarter of the way, and the decay, of the bias too.
    const auto way = expected.at(name) - before.at(name);
    CHECK(tensor.allclose(before.at(name) * (1.0 - 0.025 * 0.5) + way * 0.25, 1e-4, 1e-6));
  }
}

TEST_CASE("frozen parameters stay, have no gradient and no state", "[optim]") {
  const auto model = mlp({4, 4});
  Optimizer optimizer(*model, AdamWConfig{}, {}, {{"layers.0.*", {1.0, {}, true}}});
  const auto before = copies(*model);
  backward(*model);
  {
    const torch::NoGradGuard guard;
    optimizer.step(0.1);
  }
  for (const auto& item : model->named_parameters()) {
    INFO(item.key());
    const bool frozen = item.key().starts_with("layers.0.");
    CHECK(item.value().equal(before.at(item.key())) == frozen);
    CHECK(item.value().grad().defined() != frozen);
  }
  std::int64_t elements = 0;
  for (const auto& group : optimizer.groups()) elements += group.parameters.numel();
  CHECK(elements == 16 + 16 + 16 + 16);  // each of the four tensors left, in whole cache lines
}

TEST_CASE("patterns that say nothing to the model, or leave nothing, are refused", "[optim]") {
  const auto fault = [](const OptimizerConfig& config, const ParameterConfigs& parameters) {
    const auto model = mlp({4, 4});
    const auto error = test::error_of([&] { Optimizer(*model, config, {}, parameters); });
    return error && error->kind() == ErrorKind::config ? std::string(error->what()) : "";
  };
  CHECK(fault(AdamWConfig{}, {{"fc.*", {}}}) ==
        "train.parameters: pattern \"fc.*\" fits no parameter of the model; the nearest are "
        "layers.0.bias, layers.1.bias, layers.2.bias, layers.0.weight, layers.1.weight; correct "
        "it, or remove it");
  CHECK(fault(AdamWConfig{}, {{"*", {1.0, {}, true}}}) ==
        "train.parameters: every parameter of the model is frozen; leave one to train");
  CHECK(fault(MuonConfig{}, {{"layers.1.weight", {1.0, {}, true}}}) ==
        "train.optimizer.type muon: no weight matrix between hidden layers is left to train; "
        "choose adamw, or freeze fewer parameters");
}

TEST_CASE("Muon's matrices lie between hidden layers", "[optim]") {
  CHECK(hidden_of(*mlp({4, 5, 6}, Norm::batch)) == Names{"layers.1.weight", "layers.2.weight"});
  CHECK(hidden_of(*mlp({4})).empty());
  CHECK(find_hidden_matrices({"layers.0.weight", "layers.1.weight", "layers.1.r", "head.weight"},
                             {2, 2, 2, 3}) == std::vector<bool>{false, true, false, false});
  TransformerConfig transformer;
  transformer.layers = 1;
  transformer.width = 8;
  transformer.heads = 2;
  transformer.tie_embeddings = false;
  ModelShape shape;
  shape.outputs = 11;
  const std::string layer = "model.layers.0.";
  CHECK(hidden_of(*make_model(transformer, shape, RandomStream(1, "init"))) ==
        Names{layer + "self_attn.q_proj.weight", layer + "self_attn.k_proj.weight",
              layer + "self_attn.v_proj.weight", layer + "self_attn.o_proj.weight",
              layer + "mlp.gate_proj.weight", layer + "mlp.up_proj.weight",
              layer + "mlp.down_proj.weight"});
  ResNetConfig resnet;
  resnet.blocks = {{1, 1}};
  resnet.width = 4;
  CHECK(hidden_of(*make_model(resnet, shape, RandomStream(1, "init"))) ==
        Names{"layer1.0.conv1.weight", "layer1.0.conv2.weight", "layer2.0.conv1.weight",
              "layer2.0.conv2.weight", "layer2.0.downsample.0.weight"});
  resnet.stem = Stem::whitening;
  CHECK(hidden_of(*make_model(resnet, shape, RandomStream(1, "init"))) ==
        Names{"layer1.0.conv1.weight", "layer1.0.conv2.weight", "layer1.0.downsample.0.weight",
              "layer2.0.conv1.weight", "layer2.0.conv2.weight", "layer2.0.downsample.0.weight"});
}

TEST_CASE("the state of the optimizer keeps its names", "[optim]") {
  const auto names = [](const OptimizerConfig& config, const ParameterConfigs& parameters = {}) {
    const auto model = mlp({4, 4});
    Names all;
    for (const auto& [name, tensor] : Optimizer(*model, config, {}, parameters).state()) {
      all.push_back(name);
    }
    return all;
  };
  const Names adam = {"decay.first", "decay.second", "plain.first", "plain.second"};
  CHECK(names(AdamConfig{}) == adam);  // as checkpoints of earlier versions have them
  CHECK(names(AdamWConfig{}) == adam);
  CHECK(names(SgdConfig{}).empty());
  CHECK(names(SgdConfig{.momentum = 0.9}) == Names{"decay.momentum", "plain.momentum"});
  CHECK(names(LionConfig{}) == Names{"decay.momentum", "plain.momentum"});
  CHECK(names(MuonConfig{}) ==
        Names{"decay.first", "decay.second", "matrix.momentum", "plain.first", "plain.second"});
  CHECK(names(LionConfig{}, {{"layers.0.*", {}}}) ==
        Names{"decay.momentum", "decay[layers.0.*].momentum", "plain.momentum",
              "plain[layers.0.*].momentum"});
}

TEST_CASE("a pattern of what is fitted and not updated says so", "[optim]") {
  ResNetConfig config;
  config.blocks = {1};
  config.width = 4;
  config.stem = Stem::whitening;
  ModelShape shape;
  shape.outputs = 2;
  const auto model = make_model(config, shape, RandomStream(1, "init"));
  const auto error = test::error_of([&] {
    Optimizer(*model, AdamWConfig{}, {}, {{"conv1.*", {1.0, {}, true}}});
  });
  REQUIRE(error);
  CHECK(
      std::string(error->what()) ==
      "train.parameters: pattern \"conv1.*\" fits conv1.weight, which comes from the rows and not "
      "from updates, and no parameter; remove it");
}
