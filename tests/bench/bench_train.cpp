// SPDX-License-Identifier: Apache-2.0
// Times the training step on data in memory, for scripts/bench/train.sh. The shapes are those of
// scripts/bench/peers.
//
//   bench_train mlp|transformer|transformer_large|resnet|resnet_narrow [--steps N] [--warmup W]
//   [--threads T] [--products mkl|onednn|bfloat16]
//
// One JSON line on stdout: steps, seconds, items_per_second (rows, tokens or images).
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cxxopts.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/base/heap.h"
#include "engine/preprocess/network.h"
#include "engine/tensor/device.h"
#include "engine/train/step.h"

namespace candor {
namespace {

// Rows of tensors that lie in memory.
class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(InputTensors inputs, at::Tensor target, std::int64_t items)
      : names_(inputs.names()), inputs_(inputs.list()), target_(std::move(target)), items_(items) {}

  std::int64_t size() const override { return target_.size(0); }
  std::int64_t items_per_row() const override { return items_; }
  Batch batch(std::span<const std::int64_t> rows) const override {
    const auto index = at::from_blob(const_cast<std::int64_t*>(rows.data()),
                                     {static_cast<std::int64_t>(rows.size())}, at::kLong);
    std::vector<at::Tensor> parts;
    for (const auto& input : inputs_) parts.push_back(input.index_select(0, index));
    return {InputTensors::from_list(names_, parts), target_.index_select(0, index), {}};
  }

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> inputs_;
  at::Tensor target_;
  std::int64_t items_;
};

// One family, ready to train.
struct Case {
  RunConfig config;
  OutputKind kind = OutputKind::classification;
  ModelShape shape;
  std::shared_ptr<TensorStage> stage;
  std::shared_ptr<Dataset> data;
};

Case mlp_case() {
  constexpr std::int64_t kRows = 32768, kColumns = 105;
  Case c;
  TableStatistics statistics;
  statistics.impute.assign(kColumns, 0.0);
  statistics.mean.assign(kColumns, 0.0);
  statistics.scale.assign(kColumns, 1.0);
  c.stage = make_table_stage(statistics);
  c.shape.dense_width = kColumns;
  c.shape.outputs = 2;
  MlpConfig model;
  model.hidden = {512, 256};
  c.config.model = model;
  AdamWConfig optimizer;
  optimizer.learning_rate = 1e-3;
  optimizer.weight_decay = 0.01;
  c.config.train.optimizer = optimizer;
  c.config.train.batch_size = 256;
  c.config.train.clip_norm = 1.0;
  InputTensors inputs;
  inputs.numeric = torch::randn({kRows, kColumns});
  inputs.categorical = torch::empty({kRows, 0}, torch::kInt64);
  c.data = std::make_shared<MemoryDataset>(inputs, torch::randint(0, 2, {kRows}, torch::kInt64), 1);
  return c;
}

Case transformer_case(const TransformerConfig& model, std::int64_t batch) {
  constexpr std::int64_t kWindows = 4096, kVocabulary = 65;
  const auto context = model.context;
  Case c;
  c.kind = OutputKind::language_model;
  c.stage = make_text_stage();
  c.shape.outputs = kVocabulary;
  c.config.model = model;
  AdamWConfig optimizer;
  optimizer.beta2 = 0.99;
  optimizer.weight_decay = 0.1;
  c.config.train.optimizer = optimizer;
  c.config.train.batch_size = batch;
  c.config.train.clip_norm = 1.0;
  const auto tokens = torch::randint(0, kVocabulary, {kWindows, context + 1}, torch::kInt64);
  InputTensors inputs;
  inputs.ids = tokens.slice(1, 0, context).contiguous();
  c.data = std::make_shared<MemoryDataset>(inputs, tokens.slice(1, 1).contiguous(), context);
  return c;
}

TransformerConfig transformer_of(std::int64_t layers, std::int64_t heads, std::int64_t width,
                                 std::int64_t context) {
  TransformerConfig model;
  model.layers = layers;
  model.heads = heads;
  model.width = width;
  model.context = context;
  return model;
}

Case resnet_case(const ResNetConfig& model) {
  constexpr std::int64_t kImages = 2048, kSize = 32, kClasses = 10;
  Case c;
  c.stage = make_image_stage({{0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}});
  c.shape.outputs = kClasses;
  c.config.model = model;
  SgdConfig optimizer;
  optimizer.momentum = 0.9;
  optimizer.nesterov = true;
  optimizer.weight_decay = 5e-4;
  c.config.train.optimizer = optimizer;
  c.config.train.batch_size = 128;
  InputTensors inputs;
  inputs.image = torch::randint(0, 256, {kImages, 3, kSize, kSize}, torch::kUInt8);
  c.data = std::make_shared<MemoryDataset>(
      inputs, torch::randint(0, kClasses, {kImages}, torch::kInt64), 1);
  return c;
}

ResNetConfig resnet18() {
  ResNetConfig model;
  model.depth = 18;
  model.stem = Stem::small;
  return model;
}

// The network of configs/cifar10.json.
ResNetConfig narrow_resnet() {
  ResNetConfig model;
  model.blocks = {1, 1, 1};
  model.widths = {64, 192, 192};
  model.stem = Stem::whitening;
  model.downsample = Downsample::pooled;
  return model;
}

Case case_of(const std::string& family) {
  if (family == "mlp") return mlp_case();
  if (family == "transformer") return transformer_case(transformer_of(4, 4, 128, 64), 12);
  if (family == "transformer_large") return transformer_case(transformer_of(6, 6, 384, 256), 16);
  if (family == "resnet") return resnet_case(resnet18());
  if (family == "resnet_narrow") return resnet_case(narrow_resnet());
  throw std::runtime_error(
      "unknown family '" + family +
      "'; allowed: mlp, transformer, transformer_large, resnet, resnet_narrow");
}

void run(const std::string& family, std::int64_t steps, std::int64_t warmup, int threads,
         ProductKind products) {
  set_threads(threads);
  keep_freed_memory();
  torch::manual_seed(0);
  auto c = case_of(family);
  Network network(c.stage, make_model(c.config.model, c.shape, RandomStream(0, "init")));
  if (network.model().fitting_rows() > 0) {
    const torch::NoGradGuard no_gradients;
    const std::vector<std::int64_t> rows = {0, 1, 2, 3, 4, 5, 6, 7};
    network.model().fit(network.stage().forward(c.data->batch(rows).inputs));
  }
  network.train();
  Optimizer optimizer(network.model(), c.config.train.optimizer);
  Loader loader(c.data, c.config.train.batch_size, 0);
  StepContext context{c.config, c.kind, at::kCPU, steps + warmup, network, optimizer, loader};
  WorkingWeights working(optimizer.parameter_buffers());
  context.products = products;
  if (products == ProductKind::bfloat16) context.working = &working;
  for (std::int64_t step = 0; step < warmup; ++step) train_step(context, step);
  const auto begin = std::chrono::steady_clock::now();
  for (std::int64_t step = 0; step < steps; ++step) train_step(context, warmup + step);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto items = steps * c.config.train.batch_size * c.data->items_per_row();
  std::printf("{\"steps\": %lld, \"seconds\": %.6f, \"items_per_second\": %.3f}\n",
              static_cast<long long>(steps), seconds, static_cast<double>(items) / seconds);
}

}  // namespace
}  // namespace candor

int main(int argc, char** argv) {
  cxxopts::Options options("bench_train", "Times the training step");
  options.add_options()("family", "mlp, transformer, transformer_large, resnet or resnet_narrow",
                        cxxopts::value<std::string>())(
      "steps", "timed steps", cxxopts::value<std::int64_t>()->default_value("100"))(
      "warmup", "steps before the clock starts",
      cxxopts::value<std::int64_t>()->default_value("10"))(
      "threads", "threads of one operation", cxxopts::value<int>()->default_value("2"))(
      "products", "mkl, onednn or bfloat16", cxxopts::value<std::string>()->default_value("mkl"));
  options.parse_positional({"family"});
  try {
    const auto words = options.parse(argc, argv);
    candor::run(words["family"].as<std::string>(), words["steps"].as<std::int64_t>(),
                words["warmup"].as<std::int64_t>(), words["threads"].as<int>(),
                candor::product_kind_of(words["products"].as<std::string>()));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
