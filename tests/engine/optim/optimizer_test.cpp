// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/optimizer.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/nn/term_layer.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

torch::nn::Sequential small_module() {
  torch::manual_seed(1);
  return torch::nn::Sequential(torch::nn::Linear(3, 5), torch::nn::Tanh(), torch::nn::Linear(5, 1));
}

void backward(torch::nn::Sequential& module) {
  const auto x = torch::linspace(-1, 1, 12).view({4, 3});
  module->forward(x).square().mean().backward();
}

// Parameters after `steps` updates with candor's optimizer.
std::vector<at::Tensor> with_ours(const OptimizerConfig& config, int steps) {
  auto module = small_module();
  Optimizer optimizer(*module, config);
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_gradients();
    backward(module);
    const torch::NoGradGuard guard;
    optimizer.step(std::visit([](const auto& c) { return c.learning_rate; }, config));
  }
  return module->parameters();
}

template <class Reference>
std::vector<at::Tensor> with_reference(Reference&& make, int steps) {
  auto module = small_module();
  auto optimizer = make(module->parameters());
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    backward(module);
    optimizer.step();
  }
  return module->parameters();
}

void check_close(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].allclose(b[i], 1e-5, 1e-6));
}

}  // namespace

TEST_CASE("Adam updates as LibTorch's own Adam does", "[optim]") {
  AdamConfig config;
  config.learning_rate = 0.05;
  check_close(with_ours(config, 20), with_reference(
                                         [](auto parameters) {
                                           return torch::optim::Adam(
                                               parameters, torch::optim::AdamOptions(0.05));
                                         },
                                         20));
}

TEST_CASE("SGD with momentum and Nesterov updates as LibTorch's own does", "[optim]") {
  for (const bool nesterov : {false, true}) {
    SgdConfig config;
    config.learning_rate = 0.1;
    config.momentum = 0.9;
    config.nesterov = nesterov;
    check_close(with_ours(config, 20),
                with_reference(
                    [&](auto parameters) {
                      return torch::optim::SGD(
                          parameters,
                          torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(nesterov));
                    },
                    20));
  }
}

TEST_CASE("AdamW decays weights and leaves biases alone", "[optim]") {
  auto module = small_module();
  AdamWConfig config;
  config.weight_decay = 0.5;
  Optimizer optimizer(*module, config);
  const auto weight = module->parameters()[0].clone(), bias = module->parameters()[1].clone();
  optimizer.zero_gradients();
  const torch::NoGradGuard guard;
  optimizer.step(0.1);  // gradients are zero: only the decay acts
  CHECK(module->parameters()[0].allclose(weight * (1 - 0.1 * 0.5)));
  CHECK(module->parameters()[1].equal(bias));
}

TEST_CASE("regularisation is the gradient of l1 |w| + l2 / 2 w^2 on weights only", "[optim]") {
  auto module = small_module();
  Optimizer optimizer(*module, SgdConfig{});
  optimizer.zero_gradients();
  const torch::NoGradGuard guard;
  const auto value = optimizer.regularise({0.1, 0.4});
  const auto weights = {module->parameters()[0], module->parameters()[2]};
  double expected = 0.0;
  for (const auto& w : weights) {
    CHECK(w.grad().allclose(0.1 * w.sign() + 0.4 * w));
    expected += (0.1 * w.abs().sum() + 0.2 * w.square().sum()).item<double>();
  }
  CHECK(value == Approx(expected));
  CHECK(module->parameters()[1].grad().abs().sum().item<float>() == 0.0f);
}

TEST_CASE("clipping scales all gradients to the limit and reports the norm before", "[optim]") {
  auto module = small_module();
  Optimizer optimizer(*module, SgdConfig{});
  for (auto& parameter : module->parameters()) parameter.mutable_grad().fill_(2.0);
  const auto count = 3 * 5 + 5 + 5 + 1;
  CHECK(optimizer.clip(std::nullopt) == Approx(2.0 * std::sqrt(count)));
  CHECK(optimizer.clip(1.0) == Approx(2.0 * std::sqrt(count)));
  CHECK(optimizer.clip(std::nullopt) == Approx(1.0));
}

TEST_CASE("a saved state continues bit by bit", "[optim]") {
  const AdamWConfig config;
  const auto run = [&](int before, int after) {
    auto module = small_module();
    auto optimizer = std::make_unique<Optimizer>(*module, config);
    for (int i = 0; i < before + after; ++i) {
      if (i == before) {
        std::map<std::string, at::Tensor> state;
        for (const auto& [name, tensor] : optimizer->state()) state[name] = tensor.clone();
        const auto updates = optimizer->updates();
        optimizer = std::make_unique<Optimizer>(*module, config);
        optimizer->load_state(state, updates);
      }
      optimizer->zero_gradients();
      backward(module);
      const torch::NoGradGuard guard;
      optimizer->step(0.01);
    }
    return module->parameters();
  };
  const auto straight = run(0, 12), resumed = run(5, 7);
  for (std::size_t i = 0; i < straight.size(); ++i) CHECK(straight[i].equal(resumed[i]));
}

TEST_CASE("a state of another model is refused", "[optim]") {
  auto module = small_module();
  Optimizer optimizer(*module, AdamWConfig{});
  const auto error = test::error_of([&] { optimizer.load_state({}, 3); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(std::string(error->what()) == "optimizer.safetensors: 0 tensors, but the optimizer has 4");
}

TEST_CASE("channels-last weights keep their strides in the flat buffer", "[optim]") {
  torch::nn::Conv2d convolution(torch::nn::Conv2dOptions(3, 8, 3));
  convolution->weight.set_data(
      convolution->weight.data().contiguous(at::MemoryFormat::ChannelsLast));
  const auto before = convolution->weight.clone();
  Optimizer optimizer(*convolution, SgdConfig{});
  CHECK(convolution->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(convolution->weight.equal(before));
}

namespace {

// Terms of which a batch reaches few, and a bias.
struct Terms : torch::nn::Module {
  Terms()
      : layer(register_module(
            "terms", std::make_shared<TermLayer>(1 << 19, 2, 0.1, RandomStream(1, "init")))),
        bias(register_parameter("bias", torch::zeros({2}))) {}
  void backward(int step) {
    const auto terms = (torch::arange(6, torch::kInt64) * 7 + step * 3) % 50;
    const auto y = layer->forward(terms, torch::linspace(-1, 1, 6), torch::tensor({0, 2, 5}));
    (y + bias - 1.0).square().sum().backward();
  }
  std::shared_ptr<TermLayer> layer;
  at::Tensor bias;
};

struct Trained {
  at::Tensor weight, bias;
  std::vector<double> norms;
};

Trained train_terms(const OptimizerConfig& config, bool by_row) {
  Terms module;
  Optimizer optimizer(module, config,
                      by_row ? std::vector{module.layer->weight()} : std::vector<at::Tensor>{});
  Trained trained;
  for (int step = 0; step < 6; ++step) {
    optimizer.zero_gradients();
    module.backward(2 * step);
    module.backward(2 * step + 1);
    const torch::NoGradGuard guard;
    optimizer.scale_gradients(0.5);
    trained.norms.push_back(optimizer.clip(0.3));
    optimizer.step(0.2);
  }
  trained.weight = module.layer->weight().detach().clone();
  trained.bias = module.bias.detach().clone();
  return trained;
}

}  // namespace

TEST_CASE("updates by row are those of all rows, for SGD that leaves other rows alone", "[optim]") {
  const SgdConfig plain{.learning_rate = 0.2, .momentum = 0.0};
  const auto all = train_terms(plain, false), by_row = train_terms(plain, true);
  CHECK(all.weight.allclose(by_row.weight, 1e-5, 1e-7));
  CHECK(all.bias.allclose(by_row.bias, 1e-5, 1e-7));
  for (std::size_t i = 0; i < all.norms.size(); ++i) {
    CHECK(all.norms[i] == Approx(by_row.norms[i]).epsilon(1e-5));
  }
  CHECK(all.norms[0] > 0.3);  // so that clipping had something to do
  // The same bits each time.
  CHECK(train_terms(plain, true).weight.equal(by_row.weight));
  CHECK(train_terms(plain, false).weight.equal(all.weight));
}

TEST_CASE("only an optimizer that leaves other rows alone updates by row", "[optim]") {
  const SgdConfig plain{.learning_rate = 0.2, .momentum = 0.0};
  SgdConfig momentum = plain, decay = plain;
  momentum.momentum = 0.9;
  decay.weight_decay = 0.1;
  CHECK(leaves_rows_alone(plain, {}));
  CHECK_FALSE(leaves_rows_alone(momentum, {}));
  CHECK_FALSE(leaves_rows_alone(decay, {}));
  CHECK_FALSE(leaves_rows_alone(AdamConfig{}, {}));
  RegularizationConfig l1, l2;
  l1.l1 = 0.1;
  l2.l2 = 0.1;
  CHECK_FALSE(leaves_rows_alone(plain, l1));
  CHECK_FALSE(leaves_rows_alone(plain, l2));
  CHECK_THROWS(train_terms(momentum, true));
}

TEST_CASE("sparse gradients count fully where every row is updated", "[optim]") {
  AdamWConfig config;
  config.weight_decay = 0.1;
  const auto ours = train_terms(config, false);
  Terms untouched;
  const auto before = untouched.layer->weight().detach();
  // Row 100 has no gradient; all that changes it is the decay, once for each of six updates.
  CHECK(ours.weight[100].allclose(before[100] * std::pow(1.0 - 0.2 * 0.1, 6), 1e-5, 1e-7));
  CHECK_FALSE(ours.weight[0].allclose(before[0] * std::pow(1.0 - 0.2 * 0.1, 6), 1e-3, 1e-4));
}

namespace {

// A weight of several chunks and a bias, with gradients that depend on the step.
struct Large : torch::nn::Module {
  Large()
      : weight(register_parameter("weight", torch::sin(torch::arange(300 * 301)).view({300, 301}))),
        bias(register_parameter("bias", torch::cos(torch::arange(300)))) {}
  void set_gradients(int step) {
    weight.mutable_grad().copy_(torch::sin(weight.detach() * 3.0 + step));
    bias.mutable_grad().copy_(torch::cos(bias.detach() * 2.0 - step) * 3.0);
  }
  at::Tensor weight, bias;
};

struct Rates {
  double learning_rate = 0.01;
  std::optional<double> norm, value;
};

Large train_large(const OptimizerConfig& config, const Rates& rates, int threads = 1) {
  const auto before = at::get_num_threads();
  at::set_num_threads(threads);
  Large module;
  Optimizer optimizer(module, config);
  const torch::NoGradGuard guard;
  for (int step = 0; step < 4; ++step) {
    module.set_gradients(step);
    optimizer.scale_gradients(0.5);
    optimizer.clip(rates.norm, rates.value);
    optimizer.step(rates.learning_rate);
    optimizer.zero_gradients();
  }
  at::set_num_threads(before);
  return module;
}

const std::vector<OptimizerConfig>& all_optimizers() {
  static const std::vector<OptimizerConfig> all = {SgdConfig{.weight_decay = 0.1},
                                                   SgdConfig{.momentum = 0.9, .weight_decay = 0.1},
                                                   SgdConfig{.momentum = 0.9, .nesterov = true},
                                                   AdamConfig{},
                                                   AdamWConfig{.weight_decay = 0.3},
                                                   LionConfig{.weight_decay = 0.3}};
  return all;
}

// The update of one tensor, in double and by the formulas alone.
void reference_update(const OptimizerConfig& config, double rate, int update, bool decays,
                      const at::Tensor& g, at::Tensor& w, std::vector<at::Tensor>& moments) {
  if (const auto* sgd = std::get_if<SgdConfig>(&config)) {
    if (decays) w.mul_(1.0 - rate * sgd->weight_decay);
    moments[0] = moments[0] * sgd->momentum + g;
    w.sub_(rate * (sgd->nesterov ? g + sgd->momentum * moments[0] : moments[0]));
  } else if (const auto* lion = std::get_if<LionConfig>(&config)) {
    if (decays) w.mul_(1.0 - rate * lion->weight_decay);
    w.sub_(rate * (lion->beta1 * moments[0] + (1.0 - lion->beta1) * g).sign());
    moments[0] = lion->beta2 * moments[0] + (1.0 - lion->beta2) * g;
  } else {
    const auto* adamw = std::get_if<AdamWConfig>(&config);
    if (decays && adamw != nullptr) w.mul_(1.0 - rate * adamw->weight_decay);
    moments[0] = 0.9 * moments[0] + 0.1 * g;
    moments[1] = 0.999 * moments[1] + 0.001 * g.square();
    const auto mean = moments[0] / (1.0 - std::pow(0.9, update));
    const auto square = moments[1] / (1.0 - std::pow(0.999, update));
    w.sub_(rate * mean / (square.sqrt() + 1e-8));
  }
}

}  // namespace

TEST_CASE("updates are those of the formulas, clipped by value and norm", "[optim]") {
  for (const auto& config : all_optimizers()) {
    const Rates rates{0.01, 40.0, 0.4};
    const auto ours = train_large(config, rates);
    const Large start;
    std::vector<at::Tensor> w = {start.weight.detach().to(at::kDouble),
                                 start.bias.detach().to(at::kDouble)};
    std::vector<std::vector<at::Tensor>> moments(2, std::vector<at::Tensor>(2));
    for (std::size_t i = 0; i < 2; ++i) moments[i].assign(2, torch::zeros_like(w[i]));
    for (int step = 0; step < 4; ++step) {
      std::vector<at::Tensor> g = {torch::sin(w[0] * 3.0 + step),
                                   torch::cos(w[1] * 2.0 - step) * 3.0};
      double squares = 0.0;
      for (auto& gradient : g) {
        gradient = (gradient * 0.5).clamp(-0.4, 0.4);
        squares += gradient.square().sum().item<double>();
      }
      REQUIRE(std::sqrt(squares) > 40.0);
      for (std::size_t i = 0; i < 2; ++i) {
        reference_update(config, 0.01, step + 1, i == 0, g[i] * (40.0 / std::sqrt(squares)), w[i],
                         moments[i]);
      }
    }
    // The sign of a momentum near 0 may differ in Lion, by two rates at most.
    const auto far = [](const at::Tensor& a, const at::Tensor& b) {
      return a.detach().to(at::kDouble).sub(b).abs().gt(2e-5).to(at::kDouble).mean().item<double>();
    };
    INFO(config.index());
    CHECK(far(ours.weight, w[0]) < 1e-3);
    CHECK(far(ours.bias, w[1]) < 0.02);
  }
}

TEST_CASE("an update does not depend on the number of threads", "[optim]") {
  for (const auto& config : all_optimizers()) {
    const Rates rates{0.01, 30.0, 0.5};
    const auto one = train_large(config, rates, 1), four = train_large(config, rates, 4);
    CHECK(one.weight.equal(four.weight));
    CHECK(one.bias.equal(four.bias));
  }
}

TEST_CASE("an update leaves the working copies as its weights, rounded", "[optim]") {
  for (const auto& config : all_optimizers()) {
    INFO(config.index());
    Large module;
    Optimizer optimizer(module, config);
    WorkingWeights working(optimizer.parameter_buffers());
    working.refresh();
    const torch::NoGradGuard guard;
    module.weight.mutable_grad().copy_(torch::sin(module.weight.detach() * 3.0));
    module.bias.mutable_grad().copy_(torch::cos(module.bias.detach() * 2.0));
    module.bias[0] = std::numeric_limits<float>::quiet_NaN();
    module.bias[1] = std::numeric_limits<float>::infinity();
    optimizer.step(0.01, &working);
    for (std::size_t i = 0; i < optimizer.groups().size(); ++i) {
      const auto expected = optimizer.groups()[i].parameters.to(at::kBFloat16);
      CHECK(at::allclose(working.copy(i), expected, 0.0, 0.0, /*equal_nan=*/true));
    }
    CHECK(module.bias.isnan().sum().item<std::int64_t>() == 1);
  }
}

TEST_CASE("clipping by value comes before clipping by norm, and the norm told is from before both",
          "[optim]") {
  auto module = small_module();
  Optimizer optimizer(*module, SgdConfig{});
  const torch::NoGradGuard guard;
  for (auto& parameter : module->parameters()) parameter.mutable_grad().fill_(-2.0);
  const auto count = 3 * 5 + 5 + 5 + 1;
  CHECK(optimizer.clip(std::nullopt, 0.5) == Approx(2.0 * std::sqrt(count)));
  const auto before = module->parameters()[0].clone();
  optimizer.step(1.0);
  CHECK((module->parameters()[0] - before).allclose(torch::full({5, 3}, 0.5)));
  // On top of it, by norm.
  CHECK(optimizer.clip(1.0, 0.5) == Approx(0.5 * std::sqrt(count)));
  CHECK(optimizer.clip(std::nullopt) == Approx(1.0));
}

TEST_CASE("gradients that are not finite are told by the norm", "[optim]") {
  auto module = small_module();
  Optimizer optimizer(*module, SgdConfig{});
  for (const double bad : {HUGE_VAL, std::nan("")}) {
    optimizer.zero_gradients();
    module->parameters()[2].mutable_grad()[0][1] = bad;
    CHECK_FALSE(std::isfinite(optimizer.clip(1.0, 0.5)));
  }
}
