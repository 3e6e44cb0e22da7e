// SPDX-License-Identifier: Apache-2.0
#include "engine/train/gradients.h"

#include <torch/torch.h>

#include "engine/models/mlp.h"
#include "engine/models/resnet.h"
#include "engine/one_thread.h"
#include "engine/optim/sum_gradients.h"
#include "support/catch.h"

using namespace candor;
using test::Threads;

namespace {

Batch table_batch(std::int64_t rows) {
  Batch batch;
  batch.inputs.numeric = torch::arange(rows * 2, torch::kFloat32).view({rows, 2});
  batch.inputs.categorical = torch::empty({rows, 0}, torch::kInt64);
  batch.target = torch::arange(rows, torch::kInt64);
  return batch;
}

ModelShape shape() {
  ModelShape shape;
  shape.dense_width = 2;
  shape.outputs = 2;
  return shape;
}

}  // namespace

TEST_CASE("a batch has as many parts as there are threads, if each is large enough", "[train]") {
  const Mlp mlp({}, shape(), RandomStream(0, "init"));
  const Threads threads(2);
  CHECK(part_count(table_batch(128), mlp) == 2);
  CHECK(part_count(table_batch(127), mlp) == 1);
  const Threads one(1);
  CHECK(part_count(table_batch(128), mlp) == 1);
}

TEST_CASE("batch normalisation sees the whole batch", "[train]") {
  const Threads threads(2);
  MlpConfig config;
  config.norm = Norm::batch;
  CHECK(part_count(table_batch(512), Mlp(config, shape(), RandomStream(0, "init"))) == 1);
  CHECK(part_count(table_batch(512), ResNet({}, 2, RandomStream(0, "init"))) == 1);
}

TEST_CASE("the parts are the batch's rows in their order", "[train]") {
  auto batch = table_batch(7);
  batch.weight = torch::arange(7, torch::kFloat32);
  const auto parts = split_batch(batch, 3);
  REQUIRE(parts.size() == 3);
  std::vector<at::Tensor> numeric, target, weight;
  for (const auto& part : parts) {
    numeric.push_back(part.inputs.numeric);
    target.push_back(part.target);
    weight.push_back(part.weight);
  }
  CHECK(at::cat(numeric).equal(batch.inputs.numeric));
  CHECK(at::cat(target).equal(batch.target));
  CHECK(at::cat(weight).equal(batch.weight));
}

TEST_CASE("each part counts its own targets", "[train]") {
  Batch batch;
  batch.inputs.ids = torch::zeros({2, 3}, torch::kInt64);
  batch.inputs.segments = torch::zeros({2, 3}, torch::kInt64);
  batch.target =
      torch::tensor(std::vector<std::int64_t>{1, kNoTarget, kNoTarget, 1, 2, 3}).view({2, 3});
  batch.counted = 4;
  const auto parts = split_batch(batch, 2);
  CHECK(parts[0].counted == 1);
  CHECK(parts[1].counted == 3);
  CHECK(parts[1].inputs.segments.size(0) == 1);
}

TEST_CASE("gradients of the parts are summed in their order, or added", "[train]") {
  std::vector<at::Tensor> parameters = {torch::zeros({40000}), torch::zeros({2, 3}),
                                        torch::zeros({2})};
  for (auto& parameter : parameters) {
    parameter.set_requires_grad(true);
    parameter.mutable_grad() = torch::ones_like(parameter);
  }
  const std::vector<std::vector<at::Tensor>> parts = {
      {torch::full({40000}, 2.0), torch::arange(6, torch::kFloat32).view({3, 2}).t(), {}},
      {torch::full({40000}, 3.0), torch::ones({2, 3}), {}}};
  sum_gradients(parameters, parts, /*add=*/false);
  CHECK(parameters[0].grad().eq(5.0).all().item<bool>());
  CHECK(parameters[1].grad().equal(torch::tensor({{1.0f, 3.0f, 5.0f}, {2.0f, 4.0f, 6.0f}})));
  CHECK(parameters[2].grad().eq(0.0).all().item<bool>());
  sum_gradients(parameters, parts, /*add=*/true);
  CHECK(parameters[0].grad().eq(10.0).all().item<bool>());
}
