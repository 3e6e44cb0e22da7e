// SPDX-License-Identifier: Apache-2.0
#include "engine/models/resnet.h"

#include <torch/torch.h>

#include <cmath>

#include "core/base/json.h"
#include "engine/checkpoint/weights.h"
#include "engine/nn/whitening.h"
#include "support/catch.h"
#include "support/places.h"

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

// What stands in tests/golden/resnet was made by torchvision with weights that need no file: every
// tensor of the state is filled by a formula of its place in the sorted list of names. These two
// functions are that formula (`pattern` and `fill` of the fixture's generator).
at::Tensor pattern(std::int64_t count, std::int64_t number) {
  const auto index = torch::arange(count, torch::kFloat64);
  return torch::sin(index * 0.7 + index * index * 0.013 + number);
}

void fill(const torch::nn::Module& module) {
  const torch::NoGradGuard guard;
  std::int64_t number = 0;
  for (auto [name, tensor] : module_state(module)) {
    const auto place = number++;
    if (!tensor.is_floating_point()) continue;
    auto values = pattern(tensor.numel(), place).view(tensor.sizes());
    const bool shifts = name.ends_with("bias") || name.ends_with("mean");
    if (tensor.dim() > 1) {
      values = values * std::sqrt(2.0 / static_cast<double>(tensor[0].numel()));
    } else {
      values = shifts ? values * 0.1 : 1.0 + 0.3 * values;
    }
    tensor.copy_(values);
  }
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

Shapes shapes(const torch::nn::Module& module) {
  Shapes result;
  for (const auto& [name, tensor] : module_state(module)) result[name] = tensor.sizes().vec();
  return result;
}

ResNetConfig small_config(std::vector<std::int64_t> blocks) {
  ResNetConfig config;
  config.blocks = std::move(blocks);
  config.width = 4;
  config.stem = Stem::small;
  return config;
}

}  // namespace

TEST_CASE("names, shapes and logits are those of torchvision's networks", "[models]") {
  const auto expected =
      parse_json_file(test::source_dir() + "/tests/golden/resnet/expected.json", ErrorKind::failed);
  const auto images = pattern(2 * 3 * 40 * 40, 0).to(torch::kFloat32).view({2, 3, 40, 40});
  for (const std::string name : {"basic", "bottleneck"}) {
    const auto& fixture = expected.at(name);
    ResNetConfig config;  // of the ImageNet stem, as torchvision's
    config.blocks = fixture["blocks"].get<std::vector<std::int64_t>>();
    config.block = fixture["bottleneck"].get<bool>() ? Block::bottleneck : Block::basic;
    ResNet model(config, 5, RandomStream(0, "init"));
    CHECK(shapes(model) == fixture["state"].get<Shapes>());
    fill(model);
    model.eval();
    DropoutStream off;
    const torch::NoGradGuard guard;
    const auto logits = model.forward({images, {}}, off).flatten();
    const auto wanted = torch::tensor(fixture["logits"].get<std::vector<float>>());
    CHECK(logits.sizes() == wanted.sizes());
    CHECK(logits.allclose(wanted, 1e-4, 1e-5));
  }
}

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
  auto config = small_config({1, 1});
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
  auto config = small_config({1});
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

TEST_CASE("a strided stem halves the image", "[models]") {
  ResNetConfig config;
  config.blocks = {1};
  config.width = 4;
  DropoutStream off;
  const auto images = torch::rand({2, 3, 8, 8});
  for (const auto stem : {Stem::small, Stem::strided}) {
    config.stem = stem;
    ResNet model(config, 5, RandomStream(0, "init"));
    CHECK(module_state(model).at("conv1.weight").sizes() == at::IntArrayRef{4, 3, 3, 3});
    CHECK(model.forward({images, {}}, off).sizes() == at::IntArrayRef{2, 5});
  }
}

TEST_CASE("stages have the widths that are named", "[models]") {
  ResNetConfig config;
  config.blocks = {1, 2};
  config.widths = {6, 5};
  config.stem = Stem::small;
  const auto state = module_state(ResNet(config, 3, RandomStream(0, "init")));
  CHECK(state.at("conv1.weight").sizes() == at::IntArrayRef{6, 3, 3, 3});
  CHECK(state.at("layer2.0.conv1.weight").sizes() == at::IntArrayRef{5, 6, 3, 3});
  CHECK(state.at("layer2.1.conv2.weight").sizes() == at::IntArrayRef{5, 5, 3, 3});
  CHECK(state.at("fc.weight").sizes() == at::IntArrayRef{3, 5});
}

// The composition of the definition, with the running statistics at their beginning (0 and 1).
TEST_CASE("a pooled stage pools behind its first convolution and before its shortcut", "[models]") {
  ResNetConfig config;
  config.blocks = {1};
  config.widths = {4};
  config.stem = Stem::whitening;
  config.downsample = Downsample::pooled;
  ResNet model(config, 5, RandomStream(0, "init"));
  model.eval();
  DropoutStream off;
  const torch::NoGradGuard guard;
  const auto images = torch::rand({2, 3, 8, 8});
  model.fit({images, {}});
  const auto state = module_state(model);
  const auto weight = [&](const std::string& name) { return state.at(name + ".weight"); };
  const auto normed = [](const at::Tensor& x) { return x / std::sqrt(1.0 + 1e-5); };
  const auto x = at::conv2d(images, weight("conv1")).relu();
  CHECK(x.size(2) == 7);
  const auto first = at::conv2d(x, weight("layer1.0.conv1"), {}, 1, 1);
  const auto y = normed(at::max_pool2d(first, 2)).relu();
  const auto shortcut = normed(at::conv2d(at::avg_pool2d(x, 2), weight("layer1.0.downsample.0")));
  const auto z = (normed(at::conv2d(y, weight("layer1.0.conv2"), {}, 1, 1)) + shortcut).relu();
  const auto expected = at::linear(z.mean({2, 3}), weight("fc"), state.at("fc.bias"));
  CHECK(model.forward({images, {}}, off).allclose(expected, 1e-4, 1e-5));
}

TEST_CASE("bottlenecks halve the image in their 3x3 convolution, however they do", "[models]") {
  ResNetConfig config;
  config.blocks = {1, 1};
  config.width = 2;
  config.block = Block::bottleneck;
  DropoutStream off;
  for (const auto stem : {Stem::small, Stem::strided, Stem::imagenet, Stem::whitening}) {
    config.stem = stem;
    config.downsample = Downsample::pooled;
    ResNet model(config, 5, RandomStream(0, "init"));
    CHECK(model.forward({torch::rand({2, 3, 17, 17}), {}}, off).sizes() == at::IntArrayRef{2, 5});
  }
}

TEST_CASE("the whitening stem is fitted, not learned, and part of the weights", "[models]") {
  ResNetConfig config;
  config.blocks = {1};
  config.width = 4;
  config.stem = Stem::whitening;
  ResNet model(config, 5, RandomStream(0, "init"));
  CHECK(model.fitting_rows() == 1000);
  const auto images = torch::rand({4, 3, 8, 8});
  model.fit({images, {}});
  const auto filters = module_state(model).at("conv1.weight");
  CHECK(filters.sizes() == at::IntArrayRef{24, 3, 2, 2});
  CHECK(filters.equal(whitening_filters(images, 2)));
  CHECK_FALSE(filters.requires_grad());
  for (const auto& item : model.named_parameters()) CHECK(item.key() != "conv1.weight");
  config.stem = Stem::small;
  CHECK(ResNet(config, 5, RandomStream(0, "init")).fitting_rows() == 0);
}

TEST_CASE("with mirror the answer is the mean over the image and its mirror image", "[models]") {
  auto config = small_config({1});
  ResNet plain(config, 5, RandomStream(0, "init"));
  config.mirror = true;
  ResNet mirrored(config, 5, RandomStream(0, "init"));
  plain.eval();
  mirrored.eval();
  DropoutStream off;
  const torch::NoGradGuard guard;
  const auto images = torch::rand({3, 3, 8, 8});
  const auto of = [&](ResNet& model, const at::Tensor& x) { return model.forward({x, {}}, off); };
  const auto mean = (of(plain, images).softmax(1) + of(plain, images.flip({3})).softmax(1)) / 2;
  CHECK(of(mirrored, images).softmax(1).allclose(mean, 1e-5, 1e-6));
  CHECK(of(mirrored, images).allclose(of(mirrored, images.flip({3})), 1e-5, 1e-6));
  plain.train();
  mirrored.train();
  CHECK(of(mirrored, images).equal(of(plain, images)));
}

TEST_CASE("with shift the answer is the mean over the image and two moved ones", "[models]") {
  auto config = small_config({1});
  ResNet plain(config, 5, RandomStream(0, "init"));
  config.shift = 2;
  ResNet moved(config, 5, RandomStream(0, "init"));
  config.mirror = true;
  ResNet both(config, 5, RandomStream(0, "init"));
  plain.eval();
  moved.eval();
  both.eval();
  DropoutStream off;
  const torch::NoGradGuard guard;
  const auto images = torch::rand({3, 3, 8, 8});
  const auto of = [&](ResNet& model, const at::Tensor& x) {
    return model.forward({x, {}}, off).softmax(1);
  };
  // Moved to the lower right by rolling, with the edge mirrored by hand.
  const auto lower = [](const at::Tensor& x) {
    auto y = x.roll({2, 2}, {2, 3});
    for (std::int64_t i = 0; i < 2; ++i) y.select(3, i) = y.select(3, 4 - i);
    for (std::int64_t i = 0; i < 2; ++i) y.select(2, i) = y.select(2, 4 - i);
    return y;
  };
  const auto upper = [&](const at::Tensor& x) { return lower(x.flip({2, 3})).flip({2, 3}); };
  const auto mean = [&](const at::Tensor& x) {
    return of(plain, x) / 2 + of(plain, upper(x)) / 4 + of(plain, lower(x)) / 4;
  };
  CHECK(of(moved, images).allclose(mean(images), 1e-5, 1e-6));
  CHECK_FALSE(of(moved, images).allclose(of(plain, images), 1e-5, 1e-6));
  // The mirror image is that of what was moved: here the other two corners.
  const auto sides = [&](const at::Tensor& x) {
    return (of(plain, x) + of(plain, x.flip({3}))) / 2;
  };
  CHECK(of(both, images)
            .allclose(sides(images) / 2 + sides(upper(images)) / 4 + sides(lower(images)) / 4, 1e-5,
                      1e-6));
  plain.train();
  moved.train();
  CHECK(moved.forward({images, {}}, off).equal(plain.forward({images, {}}, off)));
}

TEST_CASE("stochastic depth is for training rows", "[models]") {
  auto config = small_config({2});
  ResNet plain(config, 5, RandomStream(0, "init"));
  config.stochastic_depth = 0.5;
  ResNet random(config, 5, RandomStream(0, "init"));
  const torch::NoGradGuard guard;
  const auto images = torch::rand({6, 3, 8, 8});
  DropoutStream off, one(RandomStream(1, "dropout")), same(RandomStream(1, "dropout"));
  const auto trained = random.forward({images, {}}, one);
  CHECK_FALSE(trained.allclose(plain.forward({images, {}}, off), 1e-4, 1e-4));
  CHECK(random.forward({images, {}}, same).allclose(trained, 1e-4, 1e-5));
  plain.eval();
  random.eval();
  load_state(random, module_state(plain), "plain");
  CHECK(random.forward({images, {}}, off).equal(plain.forward({images, {}}, off)));
}

TEST_CASE("blocks that are computed again have the same gradients and move statistics once",
          "[models]") {
  auto config = small_config({1, 1});
  config.stochastic_depth = 0.3;
  ResNet kept(config, 5, RandomStream(0, "init")), again(config, 5, RandomStream(0, "init"));
  again.set_recomputing(true);
  const auto images = torch::rand({6, 3, 8, 8});
  const auto train = [&](ResNet& model) {
    DropoutStream dropout(RandomStream(4, "dropout"));
    model.forward({images, {}}, dropout).square().mean().backward();
  };
  train(kept);
  train(again);
  const auto others = again.named_parameters();
  for (const auto& item : kept.named_parameters()) {
    CHECK(item.value().grad().allclose(others[item.key()].grad(), 1e-4, 1e-6));
  }
  const auto state = module_state(again);
  for (const auto& [name, tensor] : module_state(kept)) CHECK(tensor.allclose(state.at(name)));
}
