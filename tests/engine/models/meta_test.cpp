// SPDX-License-Identifier: Apache-2.0
// Every family, loss and optimizer once on LibTorch's `meta` device: a tensor that the code makes
// on the wrong device fails here, without a GPU.
#include <torch/torch.h>

#include <functional>

#include "engine/nn/init.h"
#include "engine/optim/optimizer.h"
#include "engine/preprocess/network.h"
#include "engine/train/loss.h"
#include "support/catch.h"

using namespace candor;

namespace {

// What is trained, on the CPU; the stage and the model are made where the test wants them.
struct Training {
  OutputKind kind = OutputKind::classification;
  ModelConfig model;
  ModelShape shape;
  std::function<std::shared_ptr<TensorStage>()> stage;
  Batch batch;
};

Batch on(at::Device device, Batch batch) {
  batch.inputs = batch.inputs.to(device);
  batch.target = batch.target.to(device);
  if (batch.weight.defined()) batch.weight = batch.weight.to(device);
  return batch;
}

void train_once(const Training& training, const OptimizerConfig& how) {
  const auto meta = at::Device(at::kMeta);
  const InitDevice on_meta(meta);
  Network network(training.stage(),
                  make_model(training.model, training.shape, RandomStream(0, "init")));
  Optimizer optimizer(network.model(), how);
  DropoutStream dropout(RandomStream(0, "dropout"));
  optimizer.zero_gradients();
  const auto batch = on(meta, training.batch);
  const auto output = network.forward(batch.inputs, dropout);
  CHECK(output.device() == meta);
  const auto loss = training_loss(training.kind, network.stage(), output, batch);
  CHECK(loss.device() == meta);
  loss.backward();
  const torch::NoGradGuard guard;
  optimizer.step(0.01);
  for (const auto& parameter : network.model().parameters()) {
    CHECK(parameter.device() == meta);
    CHECK(parameter.grad().device() == meta);
  }
  for (const auto& [name, moment] : optimizer.state()) CHECK(moment.device() == meta);
  CHECK(network.stage().invert(output).device() == meta);
}

void train_with_every_optimizer(const Training& training) {
  SgdConfig sgd;
  sgd.momentum = 0.9;
  sgd.weight_decay = 0.01;
  train_once(training, SgdConfig{});
  train_once(training, sgd);
  train_once(training, AdamConfig{});
  train_once(training, AdamWConfig{});
}

// One column of numbers with gaps and one of categories, which are embedded or one-hot features.
Training small_table(OutputKind kind, bool embed, bool weighted, bool quantile = false) {
  TableStatistics statistics;
  statistics.impute = {0.0};
  statistics.mean = {1.0};
  statistics.scale = {2.0};
  statistics.indicators = {0};
  statistics.embed = embed;
  statistics.target_mean = 3.0;
  if (quantile) {
    statistics.quantile_columns = {0};
    statistics.knots = {{0.0, 0.5, 1.0}};
    statistics.scores = {{-1.0, 0.0, 1.0}};
  }
  if (!embed) {
    statistics.one_hot_column = {0, 0};
    statistics.one_hot_value = {1, 3};
  }
  Training training;
  training.kind = kind;
  training.stage = [statistics] { return make_table_stage(statistics); };
  training.shape.dense_width = statistics.dense_width();
  if (embed) {
    training.shape.category_sizes = {5};
    training.shape.embedding_widths = {2};
  }
  training.shape.outputs = kind == OutputKind::regression ? 1 : 3;
  training.batch.inputs.numeric = torch::rand({4, 1});
  training.batch.inputs.categorical = torch::ones({4, 1}, torch::kInt64);
  training.batch.target = kind == OutputKind::regression ? torch::rand({4}, torch::kFloat64)
                                                         : torch::zeros({4}, torch::kInt64);
  if (weighted) training.batch.weight = torch::ones({4});
  return training;
}

Training small_images(const ResNetConfig& config, std::int64_t size) {
  Training training;
  training.model = config;
  training.stage = [] { return make_image_stage({}); };
  training.shape.outputs = 3;
  training.batch.inputs.image = torch::zeros({2, 3, size, size}, torch::kUInt8);
  training.batch.target = torch::zeros({2}, torch::kInt64);
  return training;
}

}  // namespace

TEST_CASE("an MLP trains on another device with every norm, loss and kind of category",
          "[models]") {
  for (const auto norm : {Norm::none, Norm::batch, Norm::layer}) {
    for (const auto kind : {OutputKind::classification, OutputKind::regression}) {
      for (const bool embed : {true, false}) {
        auto training = small_table(kind, embed, /*weighted=*/embed);
        MlpConfig config;
        config.hidden = {8, 4};
        config.dropout = 0.5;
        config.norm = norm;
        training.model = config;
        train_with_every_optimizer(training);
      }
    }
  }
}

TEST_CASE("an ensemble trains on another device, with every kind of adapter", "[models]") {
  for (const auto kind : {EnsembleKind::full, EnsembleKind::mini}) {
    for (const bool embed : {true, false}) {
      auto training = small_table(OutputKind::classification, embed, /*weighted=*/embed);
      MlpConfig config;
      config.hidden = {8, 4};
      config.norm = Norm::batch;
      config.dropout = 0.5;
      config.ensemble = EnsembleConfig{3, kind};
      training.model = config;
      train_once(training, AdamWConfig{});
    }
  }
}

TEST_CASE("an MLP of every activation trains on another device", "[models]") {
  for (const auto activation :
       {Activation::relu, Activation::gelu, Activation::silu, Activation::tanh}) {
    auto training = small_table(OutputKind::classification, /*embed=*/false, /*weighted=*/false);
    MlpConfig config;
    config.hidden = {8};
    config.activation = activation;
    training.model = config;
    train_once(training, AdamWConfig{});
  }
}

TEST_CASE("quantile scaling works on another device", "[models]") {
  auto training = small_table(OutputKind::classification, /*embed=*/false, /*weighted=*/false,
                              /*quantile=*/true);
  training.model = MlpConfig{};
  train_once(training, AdamWConfig{});
}

TEST_CASE("a Transformer trains on another device, with fewer heads for keys too", "[models]") {
  for (const std::int64_t kv_heads : {4, 2, 1}) {
    for (const bool tied : {true, false}) {
      TransformerConfig config;
      config.layers = 2;
      config.heads = 4;
      config.kv_heads = kv_heads;
      config.width = 16;
      config.dropout = 0.1;
      config.tie_embeddings = tied;
      Training training;
      training.kind = OutputKind::language_model;
      training.model = config;
      training.stage = make_text_stage;
      training.shape.outputs = 11;
      training.batch.inputs.ids = torch::ones({2, 6}, torch::kInt64);
      training.batch.target = torch::ones({2, 6}, torch::kInt64);
      train_with_every_optimizer(training);
    }
  }
}

TEST_CASE("a Transformer of whole texts trains on another device", "[models]") {
  for (const auto pooling : {Pooling::last, Pooling::mean}) {
    TransformerConfig config;
    config.layers = 1;
    config.heads = 2;
    config.width = 16;
    config.dropout = 0.1;
    config.pooling = pooling;
    Training training;
    training.model = config;
    training.stage = make_text_stage;
    training.shape.outputs = 3;
    training.shape.vocabulary = 11;
    training.batch.inputs.ids = torch::tensor({{1, 2, 3}, {4, -1, -1}}, torch::kInt64);
    training.batch.target = torch::ones({2}, torch::kInt64);
    train_with_every_optimizer(training);
  }
}

TEST_CASE("a ResNet of either block and stem trains on another device", "[models]") {
  ResNetConfig config;
  config.blocks = std::vector<std::int64_t>{1, 2};
  config.width = 4;
  config.stem = Stem::small;
  train_with_every_optimizer(small_images(config, 8));
  config.block = Block::bottleneck;
  config.stem = Stem::imagenet;
  train_with_every_optimizer(small_images(config, 32));
  config.stem = Stem::whitening;
  config.downsample = Downsample::pooled;
  train_with_every_optimizer(small_images(config, 8));
}
