// SPDX-License-Identifier: Apache-2.0
#include "engine/train/loss.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Logits of four rows and three classes.
at::Tensor logits() {
  return torch::tensor({{1.0, -0.5, 0.25}, {0.0, 2.0, -1.0}, {0.5, 0.5, 0.5}, {-2.0, 1.0, 3.0}},
                       torch::kFloat64);
}

Batch batch_of(std::vector<std::int64_t> target) {
  Batch batch;
  batch.target = torch::tensor(target, torch::kInt64);
  return batch;
}

double probability(const at::Tensor& output, std::int64_t row, std::int64_t of) {
  return output.softmax(1)[row][of].item<double>();
}

at::Tensor class_loss(const at::Tensor& output, const Batch& batch, const LossOptions& options) {
  const auto stage = make_text_stage();  // unused by classification
  return training_loss(OutputKind::classification, *stage, output, batch, options);
}

// By the definition in loss.h, row by row.
double expected_loss(const at::Tensor& output, const Batch& batch, const LossOptions& options) {
  double sum = 0.0, total = 0.0;
  const auto add = [&](const at::Tensor& target, double share) {
    for (std::int64_t row = 0; row < output.size(0); ++row) {
      const auto own = target[row].item<std::int64_t>();
      double entropy = 0.0;
      for (std::int64_t k = 0; k < 3; ++k) {
        const double q =
            (k == own ? 1.0 - options.label_smoothing : 0.0) + options.label_smoothing / 3.0;
        entropy -= q * std::log(probability(output, row, k));
      }
      double weight = share;
      if (batch.weight.defined()) weight *= batch.weight[row].item<double>();
      if (options.class_weights.defined()) weight *= options.class_weights[own].item<double>();
      const auto rest = 1.0 - probability(output, row, own);
      sum += weight * std::pow(rest, options.focal_gamma) * entropy;
      total += weight;
    }
  };
  add(batch.target, batch.target_share);
  if (batch.second_target.defined()) add(batch.second_target, 1.0 - batch.target_share);
  return sum / total;
}

std::vector<LossOptions> all_options() {
  const auto weights = torch::tensor({0.5, 2.0, 1.25}, torch::kFloat64);
  return {{},
          {0.1, 0.0, {}},
          {0.0, 2.0, {}},
          {0.2, 1.5, {}},
          {0.0, 0.5, {}},
          {0.0, 0.0, weights},
          {0.1, 2.0, weights}};
}

std::vector<Batch> all_batches() {
  auto plain = batch_of({0, 1, 2, 1});
  auto weighted = plain, mixed = plain, both = plain;
  weighted.weight = both.weight = torch::tensor({1.0, 0.5, 2.0, 0.0}, torch::kFloat64);
  mixed.second_target = both.second_target = torch::tensor({1, 1, 0, 2}, torch::kInt64);
  mixed.target_share = both.target_share = 0.7;
  return {plain, weighted, mixed, both};
}

}  // namespace

TEST_CASE("the loss of classes is that of its definition, and so is its gradient", "[train]") {
  for (const auto& options : all_options()) {
    for (const auto& batch : all_batches()) {
      INFO("smoothing " << options.label_smoothing << " gamma " << options.focal_gamma
                        << " class weights " << options.class_weights.defined() << " weight "
                        << batch.weight.defined() << " mixed " << batch.second_target.defined());
      auto output = logits().set_requires_grad(true);
      const auto loss = class_loss(output, batch, options);
      CHECK(loss.item<double>() ==
            Approx(expected_loss(output.detach(), batch, options)).epsilon(1e-9));
      loss.backward();
      constexpr double kStep = 1e-6;
      for (std::int64_t row = 0; row < 4; ++row) {
        for (std::int64_t k = 0; k < 3; ++k) {
          auto up = logits(), down = logits();
          up[row][k] += kStep;
          down[row][k] -= kStep;
          const double slope =
              (class_loss(up, batch, options) - class_loss(down, batch, options)).item<double>() /
              (2.0 * kStep);
          CHECK(output.grad()[row][k].item<double>() == Approx(slope).epsilon(1e-5).margin(1e-8));
        }
      }
    }
  }
}

TEST_CASE("label smoothing by hand", "[train]") {
  // p = (0.5, 0.25, 0.25): -0.9 ln 0.5 - 0.1 / 3 (ln 0.5 + 2 ln 0.25)
  const auto output = torch::tensor({{std::log(2.0), 0.0, 0.0}});
  CHECK(class_loss(output, batch_of({0}), {0.1, 0.0, {}}).item<double>() ==
        Approx(0.9 * std::log(2.0) + 0.1 / 3.0 * 5.0 * std::log(2.0)));
  // Focal: 0.5^2 ln 2.
  CHECK(class_loss(output, batch_of({0}), {0.0, 2.0, {}}).item<double>() ==
        Approx(0.25 * std::log(2.0)));
}

TEST_CASE("a row that is right beyond doubt leaves a focal loss finite", "[train]") {
  for (const double gamma : {0.5, 2.0}) {
    auto output = torch::tensor({{200.0f, 0.0f, 0.0f}, {-200.0f, 0.0f, 0.0f}});
    output.set_requires_grad(true);
    const auto loss = class_loss(output, batch_of({0, 0}), {0.0, gamma, {}});
    loss.backward();
    CHECK(std::isfinite(loss.item<float>()));
    CHECK(output.grad().isfinite().all().item<bool>());
  }
}

TEST_CASE("a language model is smoothed over its tokens, and tokens without target stay out",
          "[train]") {
  const auto stage = make_text_stage();
  Batch batch;
  batch.target = torch::tensor({0, -100, 2, 1}, torch::kInt64).view({2, 2});
  batch.counted = 3;
  const auto output = logits().view({2, 2, 3});
  const auto loss =
      training_loss(OutputKind::language_model, *stage, output, batch, {0.1, 0.0, {}});
  const auto kept = logits().index_select(0, torch::tensor({0, 2, 3}));
  CHECK(loss.item<double>() ==
        Approx(expected_loss(kept, batch_of({0, 2, 1}), {0.1, 0.0, {}})).epsilon(1e-9));
}

TEST_CASE("what a batch counts is the sum of its rows' weights", "[train]") {
  const auto weights = torch::tensor({0.5f, 2.0f, 1.25f});
  auto batch = batch_of({0, 1, 2, 1});
  CHECK_FALSE(loss_weight(batch, {}));
  CHECK(loss_weight(batch, {0.0, 0.0, weights}).value() == Approx(5.75));
  batch.weight = torch::tensor({1.0f, 0.5f, 2.0f, 0.0f});
  CHECK(loss_weight(batch, {}).value() == Approx(3.5));
  CHECK(loss_weight(batch, {0.0, 0.0, weights}).value() == Approx(0.5 + 1.0 + 2.5));
  batch.second_target = torch::tensor({1, 1, 0, 2}, torch::kInt64);
  batch.target_share = 0.7;
  CHECK(loss_weight(batch, {0.0, 0.0, weights}).value() == Approx(0.7 * 4.0 + 0.3 * 4.0));
  batch.counted = 9;
  CHECK(loss_weight(batch, {}).value() == Approx(9.0));
}

TEST_CASE("class weights are balanced by the rows, or given by name", "[train]") {
  const std::vector<std::string> labels = {"cat", "dog", "owl"};
  LossConfig config;
  CHECK_FALSE(make_loss_options(config, labels, {}, at::kCPU).class_weights.defined());
  config.class_weighting = ClassWeighting::balanced;
  // 12 rows, 4 a class on average.
  CHECK(make_loss_options(config, labels, {2, 8, 2}, at::kCPU)
            .class_weights.allclose(torch::tensor({2.0f, 0.5f, 2.0f})));
  CHECK(make_loss_options(config, labels, {12, 0, 0}, at::kCPU)
            .class_weights.allclose(torch::tensor({1.0f / 3.0f, 1.0f, 1.0f})));
  config.class_weighting = ClassWeighting::none;
  config.class_weights = {{"owl", 3.0}};
  CHECK(make_loss_options(config, labels, {}, at::kCPU)
            .class_weights.allclose(torch::tensor({1.0f, 1.0f, 3.0f})));
  config.class_weights = {{"dgo", 3.0}};
  const auto error = test::error_of([&] { make_loss_options(config, labels, {}, at::kCPU); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "train.loss.class_weights: \"dgo\" is not a class of the data; did you mean \"dog\"? "
        "allowed: cat, dog, owl");
}
