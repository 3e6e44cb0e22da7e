// SPDX-License-Identifier: Apache-2.0
// Every family once on LibTorch's `meta` device: a tensor that the code makes on the wrong device
// fails here, without a GPU.
#include <torch/torch.h>

#include <functional>

#include "engine/nn/init.h"
#include "engine/optim/optimizer.h"
#include "engine/preprocess/network.h"
#include "support/catch.h"

using namespace candor;

namespace {

using MakeStage = std::function<std::shared_ptr<TensorStage>()>;

void train_once(const ModelConfig& config, const ModelShape& shape, const MakeStage& make_stage,
                InputTensors inputs, const OptimizerConfig& how) {
  const auto meta = at::Device(at::kMeta);
  const InitDevice on_meta(meta);
  Network network(make_stage(), make_model(config, shape, RandomStream(0, "init")));
  Optimizer optimizer(network.model(), how);
  DropoutStream dropout(RandomStream(0, "dropout"));
  optimizer.zero_gradients();
  const auto output = network.forward(inputs.to(meta), dropout);
  CHECK(output.device() == meta);
  output.square().mean().backward();
  const torch::NoGradGuard guard;
  optimizer.step(0.01);
  for (const auto& parameter : network.model().parameters()) {
    CHECK(parameter.device() == meta);
    CHECK(parameter.grad().device() == meta);
  }
  CHECK(network.stage().invert(output).device() == meta);
}

}  // namespace

TEST_CASE("an MLP trains on another device", "[models]") {
  TableStatistics statistics;
  statistics.impute = {0.0};
  statistics.mean = {1.0};
  statistics.scale = {2.0};
  statistics.indicators = {0};
  statistics.embed = true;
  statistics.target_mean = 3.0;
  ModelShape shape;
  shape.dense_width = statistics.dense_width();
  shape.category_sizes = {5};
  shape.embedding_widths = {2};
  InputTensors inputs;
  inputs.numeric = torch::rand({4, 1});
  inputs.categorical = torch::ones({4, 1}, torch::kInt64);
  for (const auto norm : {Norm::none, Norm::batch, Norm::layer}) {
    MlpConfig config;
    config.hidden = {8};
    config.dropout = 0.5;
    config.norm = norm;
    SgdConfig sgd;
    sgd.momentum = 0.9;
    train_once(
        config, shape, [&] { return make_table_stage(statistics); }, inputs, sgd);
  }
}

TEST_CASE("a Transformer trains on another device", "[models]") {
  TransformerConfig config;
  config.layers = 1;
  config.heads = 2;
  config.width = 8;
  config.dropout = 0.1;
  ModelShape shape;
  shape.outputs = 11;
  InputTensors inputs;
  inputs.ids = torch::ones({2, 6}, torch::kInt64);
  train_once(config, shape, make_text_stage, inputs, SgdConfig{});
}

TEST_CASE("a ResNet trains on another device", "[models]") {
  ResNetConfig config;
  config.blocks = std::vector<std::int64_t>{1, 1};
  config.width = 4;
  config.stem = Stem::small;
  ModelShape shape;
  shape.outputs = 3;
  InputTensors inputs;
  inputs.image = torch::zeros({2, 3, 8, 8}, torch::kUInt8);
  train_once(
      config, shape, [] { return make_image_stage({}); }, inputs, SgdConfig{});
}
