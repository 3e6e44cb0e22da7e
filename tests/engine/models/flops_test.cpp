// SPDX-License-Identifier: Apache-2.0
#include "engine/models/flops.h"

#include <torch/torch.h>

#include "engine/models/model.h"
#include "support/catch.h"

using namespace candor;

namespace {

RunConfig config_of(ModelConfig model, TaskType task = TaskType::classification) {
  RunConfig config;
  config.task.type = task;
  config.model = std::move(model);
  return config;
}

double flops_of(const RunConfig& config, const ModelShape& shape) {
  const auto model = make_model(config.model, shape, RandomStream(0, "init"));
  return training_flops(config, *model)->per_item;
}

RunConfig of_images(std::int64_t side) {
  RunConfig config;
  ImageData images;
  images.size = side;
  config.data = images;
  return config;
}

}  // namespace

TEST_CASE("an MLP takes six operations per weight, biases and embeddings none", "[models]") {
  MlpConfig mlp;
  mlp.hidden = {7, 5};
  ModelShape shape;
  shape.dense_width = 3;
  shape.outputs = 2;
  CHECK(flops_of(config_of(mlp), shape) == 6.0 * (3 * 7 + 7 * 5 + 5 * 2));
  shape.category_sizes = {100};
  shape.embedding_widths = {4};
  CHECK(flops_of(config_of(mlp), shape) == 6.0 * ((3 + 4) * 7 + 7 * 5 + 5 * 2));
}

TEST_CASE("a Transformer takes 6 N + 12 L T C per token, its lookup nothing", "[models]") {
  TransformerConfig transformer;
  transformer.layers = 2;
  transformer.heads = 2;
  transformer.width = 8;
  transformer.ffn_width = 12;
  transformer.context = 16;
  ModelShape shape;
  shape.outputs = 10;
  const double layer = 4 * 8 * 8 + 3 * 8 * 12, head = 10 * 8;
  const auto expected = 6.0 * (2 * layer + head) + 12.0 * 2 * 16 * 8;
  CHECK(flops_of(config_of(transformer, TaskType::language_model), shape) == expected);
  transformer.tie_embeddings = false;
  CHECK(flops_of(config_of(transformer, TaskType::language_model), shape) == expected);
}

// He et al. 2015, table 1: 1.8e9 multiply-adds of the 18-layer and 3.6e9 of the 34-layer network at
// 224 x 224. ResNet-50 strides in its 3x3 convolutions here (v1.5), for which torchvision counts
// 4.09e9.
TEST_CASE("a ResNet's operations are those of its paper", "[models]") {
  auto config = of_images(224);
  ModelShape shape;
  shape.outputs = 1000;
  ResNetConfig resnet;
  const auto forward = [&](std::int64_t depth) {
    resnet.depth = depth;
    config.model = resnet;
    return flops_of(config, shape) / 6.0;
  };
  CHECK(forward(18) == Approx(1.814e9).epsilon(0.001));
  CHECK(forward(34) == Approx(3.664e9).epsilon(0.001));
  CHECK(forward(50) == Approx(4.089e9).epsilon(0.001));
}

TEST_CASE("pooled stages convolve before they halve, and fixed filters count for a third",
          "[models]") {
  auto config = of_images(32);
  ModelShape shape;
  shape.outputs = 10;
  ResNetConfig resnet;
  resnet.blocks = {1, 1};
  resnet.widths = {8, 16};
  resnet.stem = Stem::whitening;
  resnet.downsample = Downsample::pooled;
  config.model = resnet;
  // 32 pixels, 31 behind the stem, then 15, then 7.
  const double stem = 24 * 3 * 4 * 31 * 31 / 3.0;
  const double first = 24 * 8 * 9 * 31 * 31 + 8 * 8 * 9 * 15 * 15 + 24 * 8 * 15 * 15;
  const double second = 8 * 16 * 9 * 15 * 15 + 16 * 16 * 9 * 7 * 7 + 8 * 16 * 7 * 7;
  CHECK(flops_of(config, shape) == Approx(6.0 * (stem + first + second + 160)));
  resnet.downsample = Downsample::strided;
  config.model = resnet;  // 31, 16, 8
  const double strided_first = 24 * 8 * 9 * 16 * 16 + 8 * 8 * 9 * 16 * 16 + 24 * 8 * 16 * 16;
  const double strided_second = 8 * 16 * 9 * 8 * 8 + 16 * 16 * 9 * 8 * 8 + 8 * 16 * 8 * 8;
  CHECK(flops_of(config, shape) == Approx(6.0 * (stem + strided_first + strided_second + 160)));
}

TEST_CASE("smaller images of the first epochs count by their area", "[models]") {
  auto config = of_images(32);
  ModelShape shape;
  shape.outputs = 10;
  ResNetConfig resnet;
  resnet.blocks = {1};
  config.model = resnet;
  const auto full = flops_of(config, shape);
  config.train.epochs = 4;
  config.augment.progressive_resize = ProgressiveResizeConfig{16, 2};  // 16, 24, 32, 32 pixels
  CHECK(flops_of(config, shape) == Approx(full * (0.25 + 0.5625 + 2.0) / 4.0));
}
