// SPDX-License-Identifier: Apache-2.0
#include "engine/models/resnet.h"

#include <torch/torch.h>

#include "engine/checkpoint/weights.h"
#include "support/catch.h"

using namespace candor;

namespace {

std::int64_t parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

ResNetConfig depth(std::int64_t layers) {
  ResNetConfig config;
  config.depth = layers;
  return config;
}

}  // namespace

TEST_CASE("depths 18, 34 and 50 have torchvision's number of parameters", "[models]") {
  CHECK(parameters(ResNet(depth(18), 1000, RandomStream(0, "init"))) == 11689512);
  CHECK(parameters(ResNet(depth(34), 1000, RandomStream(0, "init"))) == 21797672);
  CHECK(parameters(ResNet(depth(50), 1000, RandomStream(0, "init"))) == 25557032);
}

TEST_CASE("weights have torchvision's names", "[models]") {
  const auto state = module_state(ResNet(depth(18), 10, RandomStream(0, "init")));
  for (const char* name :
       {"conv1.weight", "bn1.running_mean", "bn1.num_batches_tracked", "layer1.0.conv2.weight",
        "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_var", "layer4.1.bn2.bias",
        "fc.weight", "fc.bias"}) {
    CHECK(state.contains(name));
  }
  CHECK(state.size() == 122);
}

TEST_CASE("stages halve the image and double the width", "[models]") {
  ResNetConfig config;
  config.blocks = std::vector<std::int64_t>{1, 1};
  config.width = 4;
  config.stem = Stem::small;
  ResNet model(config, 3, RandomStream(0, "init"));
  const auto state = module_state(model);
  CHECK(state.at("conv1.weight").sizes() == at::IntArrayRef{4, 3, 3, 3});
  CHECK(state.at("layer2.0.conv1.weight").sizes() == at::IntArrayRef{8, 4, 3, 3});
  CHECK(state.at("fc.weight").sizes() == at::IntArrayRef{3, 8});
  model.eval();
  DropoutStream off;
  CHECK(model.forward({torch::rand({2, 3, 9, 9}), {}}, off).sizes() == at::IntArrayRef{2, 3});
}

TEST_CASE("convolutions start with the deviation of Kaiming's fan-out rule", "[models]") {
  const auto state = module_state(ResNet(depth(18), 10, RandomStream(0, "init")));
  const auto weight = state.at("layer4.1.conv2.weight");
  CHECK(weight.std().item<double>() == Approx(std::sqrt(2.0 / (512 * 9))).epsilon(0.01));
}

TEST_CASE("evaluation uses the running statistics and leaves them alone", "[models]") {
  ResNetConfig config;
  config.blocks = std::vector<std::int64_t>{1};
  config.width = 4;
  config.stem = Stem::small;
  ResNet model(config, 3, RandomStream(0, "init"));
  DropoutStream off;
  const auto x = torch::rand({4, 3, 6, 6});
  model.train();
  model.forward({x, {}}, off);
  const auto mean = module_state(model).at("bn1.running_mean").clone();
  CHECK(mean.abs().sum().item<float>() > 0.0f);
  CHECK(module_state(model).at("bn1.num_batches_tracked").item<std::int64_t>() == 1);
  model.eval();
  const auto alone = model.forward({x.slice(0, 0, 1), {}}, off);
  CHECK(alone.allclose(model.forward({x, {}}, off).slice(0, 0, 1), 1e-5, 1e-6));
  CHECK(module_state(model).at("bn1.running_mean").equal(mean));
}
