// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/checkpoint/weights.h"
#include "engine/data/open_data.h"
#include "engine/one_thread.h"
#include "engine/optim/schedule.h"
#include "engine/predict/model_files.h"
#include "engine/train/loss.h"
#include "engine/train/step.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

constexpr std::int64_t kColumns = 3;

// Rows in memory, without a table or a preprocessor.
class Rows final : public Dataset {
 public:
  Rows(at::Tensor numeric, at::Tensor target, at::Tensor weight = {})
      : numeric_(std::move(numeric)), target_(std::move(target)), weight_(std::move(weight)) {}

  std::int64_t size() const override { return numeric_.size(0); }
  Batch batch(std::span<const std::int64_t> rows) const override {
    const auto index =
        torch::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), torch::kInt64);
    Batch batch;
    batch.inputs.numeric = numeric_.index_select(0, index);
    batch.inputs.categorical =
        torch::empty({static_cast<std::int64_t>(rows.size()), 0}, torch::kInt64);
    batch.target = target_.index_select(0, index);
    if (weight_.defined()) batch.weight = weight_.index_select(0, index);
    return batch;
  }

 private:
  at::Tensor numeric_, target_, weight_;
};

at::Tensor numbers(std::int64_t rows) {
  return torch::sin(torch::arange(rows * kColumns, torch::kFloat32) * 1.7).view({rows, kColumns});
}

std::shared_ptr<Dataset> classes(std::int64_t rows, const at::Tensor& weight = {}) {
  return std::make_shared<Rows>(numbers(rows), torch::arange(rows, torch::kInt64) * 5 % 3, weight);
}

std::shared_ptr<Dataset> values(std::int64_t rows, const at::Tensor& weight = {}) {
  return std::make_shared<Rows>(numbers(rows),
                                torch::cos(torch::arange(rows, torch::kFloat64) * 0.9), weight);
}

TableStatistics unchanged_columns() {
  TableStatistics statistics;
  statistics.impute.assign(kColumns, 0.0);
  statistics.mean.assign(kColumns, 0.0);
  statistics.scale.assign(kColumns, 1.0);
  return statistics;
}

RunConfig config_of(OptimizerConfig optimizer, double dropout = 0.0) {
  RunConfig config;
  config.train.optimizer = optimizer;
  config.train.schedule = ConstantSchedule{};
  config.train.batch_size = 8;
  MlpConfig model;
  model.hidden = {6};
  model.activation = Activation::tanh;
  model.dropout = dropout;
  config.model = model;
  return config;
}

SgdConfig sgd(double learning_rate) {
  SgdConfig config;
  config.learning_rate = learning_rate;
  return config;
}

// What a run holds, without any file.
class Training {
 public:
  Training(const RunConfig& config, OutputKind kind, std::shared_ptr<const Dataset> data,
           int threads = 1)
      : threads_(threads),
        config_(config),
        network_(make_table_stage(unchanged_columns()),
                 make_model(config.model, shape(kind), RandomStream(5, "init"))),
        optimizer_(network_.model(), config.train.optimizer),
        loader_(std::move(data), config.train.batch_size, config.seed),
        context_{config_, kind, at::kCPU, 10, network_, optimizer_, loader_} {}

  StepResult step(std::int64_t number) { return train_step(context_, number); }
  StepContext& context() { return context_; }

  // A copy of weights or of their gradients, by name.
  TensorMap weights() {
    TensorMap copy;
    for (const auto& [name, tensor] : module_state(network_.model())) {
      copy[name] = tensor.clone();
    }
    return copy;
  }
  void restore(const TensorMap& weights) { load_state(network_.model(), weights, "test"); }
  std::int64_t updates() const { return optimizer_.updates(); }
  std::map<std::string, at::Tensor> optimizer_state() const { return optimizer_.state(); }

 private:
  static ModelShape shape(OutputKind kind) {
    ModelShape shape;
    shape.dense_width = kColumns;
    shape.outputs = kind == OutputKind::regression ? 1 : 3;
    return shape;
  }

  test::Threads threads_;
  RunConfig config_;
  Network network_;
  Optimizer optimizer_;
  Loader loader_;
  StepContext context_;
};

bool equal(const TensorMap& a, const TensorMap& b) {
  return std::all_of(a.begin(), a.end(),
                     [&](const auto& item) { return item.second.equal(b.at(item.first)); });
}

}  // namespace

TEST_CASE("two accumulated batches make the update of one of twice the size", "[train]") {
  for (const OptimizerConfig& optimizer :
       {OptimizerConfig(sgd(0.3)), OptimizerConfig(AdamConfig{}), OptimizerConfig(AdamWConfig{})}) {
    for (const auto kind : {OutputKind::classification, OutputKind::regression}) {
      const auto data = kind == OutputKind::regression ? values(32) : classes(32);
      auto config = config_of(optimizer);
      config.train.regularization = {0.01, 0.02};
      config.train.clip_norm = 0.5;
      auto halves = config;
      halves.train.batch_size = config.train.batch_size / 2;
      halves.train.accumulate = 2;
      Training whole(config, kind, data), accumulated(halves, kind, data);
      for (std::int64_t step = 0; step < 8; ++step) {  // two epochs
        const auto a = whole.step(step), b = accumulated.step(step);
        CHECK(a.loss == Approx(b.loss).epsilon(1e-5));
        CHECK(a.regularisation == Approx(b.regularisation).epsilon(1e-5));
        CHECK(a.gradient_norm == Approx(b.gradient_norm).epsilon(1e-4));
        CHECK(a.items == b.items);
      }
      const auto expected = whole.weights();
      for (const auto& [name, weight] : accumulated.weights()) {
        INFO(name);
        CHECK(weight.allclose(expected.at(name), 1e-4, 1e-5));
      }
    }
  }
}

TEST_CASE("parts of an update count by the weights of their rows' classes", "[train]") {
  const LossOptions options{0.1, 1.5, torch::tensor({0.2f, 3.0f, 1.0f})};
  auto config = config_of(sgd(0.3));
  auto halves = config;
  halves.train.batch_size = config.train.batch_size / 2;
  halves.train.accumulate = 2;
  const auto data = classes(32, torch::linspace(0.1, 2.0, 32));
  Training whole(config, OutputKind::classification, data);
  Training accumulated(halves, OutputKind::classification, data);
  whole.context().loss = accumulated.context().loss = options;
  for (std::int64_t step = 0; step < 4; ++step) {
    CHECK(whole.step(step).loss == Approx(accumulated.step(step).loss).epsilon(1e-5));
  }
  const auto expected = whole.weights();
  for (const auto& [name, weight] : accumulated.weights()) {
    CHECK(weight.allclose(expected.at(name), 1e-4, 1e-5));
  }
}

TEST_CASE("an update moves the average of the weights after them", "[train]") {
  Training training(config_of(sgd(0.3)), OutputKind::classification, classes(16));
  WeightAverage average(module_state(training.context().network.model()), {0.9, false});
  training.context().average = &average;
  const auto before = training.weights();
  training.step(0);
  for (const auto& [name, weight] : training.weights()) {
    CHECK(average.state().at(name).allclose(before.at(name) * 0.9 + weight * 0.1, 1e-5, 1e-6));
  }
}

TEST_CASE("a plateau's reductions lower the rate, and clip_value bounds an update", "[train]") {
  auto config = config_of(sgd(0.2));
  config.train.schedule = PlateauSchedule{.factor = 0.5};
  config.train.clip_value = 1e-3;
  Training training(config, OutputKind::classification, classes(16));
  training.context().reductions = 2;
  const auto before = training.weights();
  CHECK(training.step(0).learning_rate == Approx(0.05));
  double largest = 0.0;
  for (const auto& [name, weight] : training.weights()) {
    largest = std::max(largest, (weight - before.at(name)).abs().max().item<double>());
  }
  CHECK(largest == Approx(0.05 * 1e-3).epsilon(1e-2));
}

TEST_CASE("a batch in which no row counts changes nothing", "[train]") {
  SgdConfig momentum = sgd(0.5);
  momentum.momentum = 0.9;
  for (const OptimizerConfig& optimizer :
       {OptimizerConfig(sgd(0.5)), OptimizerConfig(momentum), OptimizerConfig(AdamConfig{})}) {
    for (const auto kind : {OutputKind::classification, OutputKind::regression}) {
      const auto none = torch::zeros({8});
      Training training(config_of(optimizer), kind,
                        kind == OutputKind::regression ? values(8, none) : classes(8, none));
      const auto before = training.weights();
      const auto result = training.step(0);
      CHECK(result.loss == 0.0);
      CHECK(result.gradient_norm == 0.0);
      CHECK(equal(before, training.weights()));
      for (const auto& [name, moment] : training.optimizer_state()) {
        CHECK(moment.isfinite().all().item<bool>());
      }
    }
  }
}

TEST_CASE("accumulated batches of which some or all do not count stay finite", "[train]") {
  auto config = config_of(sgd(0.1));
  config.train.batch_size = 1;
  config.train.accumulate = 2;
  const auto weight = torch::arange(8, torch::kFloat32).remainder(4).lt(2).to(torch::kFloat32);
  Training training(config, OutputKind::classification, classes(8, weight));
  for (std::int64_t step = 0; step < 12; ++step) {
    CHECK(std::isfinite(training.step(step).gradient_norm));
  }
}

TEST_CASE("weights are relative: their scale changes nothing", "[train]") {
  const auto weight = torch::linspace(0.0, 2.0, 8);
  for (const auto kind : {OutputKind::classification, OutputKind::regression}) {
    const auto trained_with = [&](const at::Tensor& weights) {
      Training training(config_of(sgd(0.3)), kind,
                        kind == OutputKind::regression ? values(8, weights) : classes(8, weights));
      for (std::int64_t step = 0; step < 5; ++step) training.step(step);
      return training.weights();
    };
    const auto expected = trained_with(weight);
    for (const double factor : {1e-30, 1e-3, 1e6}) {
      const auto scaled = trained_with(weight * factor);
      for (const auto& [name, tensor] : scaled) {
        INFO(name << " times " << factor);
        CHECK(tensor.allclose(expected.at(name), 1e-4, 1e-6));
      }
    }
  }
}

TEST_CASE("regularisation adds l1 |w| + l2 / 2 w^2 of the weights, not of the biases", "[train]") {
  // No row counts, so that only the regularisation has a gradient.
  auto config = config_of(sgd(0.1));
  config.train.regularization = {0.03, 0.2};
  Training training(config, OutputKind::classification, classes(8, torch::zeros({8})));
  const auto before = training.weights();
  const auto result = training.step(0);
  const auto after = training.weights();
  double expected = 0.0, squares = 0.0;
  for (const auto& [name, weight] : before) {
    const auto gradient =
        weight.dim() < 2 ? torch::zeros_like(weight) : 0.03 * weight.sign() + 0.2 * weight;
    CHECK(after.at(name).allclose(weight - 0.1 * gradient, 1e-5, 1e-7));
    squares += gradient.square().sum().item<double>();
    if (weight.dim() < 2) continue;
    expected += (0.03 * weight.abs().sum() + 0.1 * weight.square().sum()).item<double>();
  }
  CHECK(result.loss == 0.0);
  CHECK(result.regularisation == Approx(expected));
  CHECK(result.gradient_norm == Approx(std::sqrt(squares)));
}

TEST_CASE("an update is as long as clip_norm and the learning rate allow", "[train]") {
  auto config = config_of(sgd(0.1));
  Training free(config, OutputKind::classification, classes(8));
  const auto norm = free.step(0).gradient_norm;
  for (const double limit : {norm / 3, 2 * norm}) {
    config.train.clip_norm = limit;
    Training training(config, OutputKind::classification, classes(8));
    const auto before = training.weights();
    CHECK(training.step(0).gradient_norm == Approx(norm));  // as it was before clipping
    double squares = 0.0;
    for (const auto& [name, weight] : training.weights()) {
      squares += (weight - before.at(name)).square().sum().item<double>();
    }
    CHECK(std::sqrt(squares) == Approx(0.1 * std::min(norm, limit)).epsilon(1e-4));
  }
}

TEST_CASE("the learning rate of a step is the schedule's", "[train]") {
  auto config = config_of(sgd(0.2));
  config.train.schedule = CosineSchedule{0.3, 0.1};
  Training training(config, OutputKind::classification, classes(16));
  for (std::int64_t step = 0; step < 10; ++step) {
    CHECK(training.step(step).learning_rate ==
          Approx(0.2 * schedule_factor(config.train.schedule, step, 10)));
  }
}

TEST_CASE("a step is a function of the weights and its number, dropout too", "[train]") {
  Training training(config_of(sgd(0.3), /*dropout=*/0.5), OutputKind::classification, classes(32));
  const auto before = training.weights();
  const auto after = [&](std::int64_t step) {
    training.restore(before);
    training.step(step);
    return training.weights();
  };
  const auto third = after(3);
  CHECK_FALSE(equal(third, after(7)));  // the same place in the epoch, another order and masks
  CHECK(equal(third, after(3)));
}

TEST_CASE("a step whose loss is not finite is skipped, and leaves all as it was", "[train]") {
  auto target = torch::zeros({8}, torch::kFloat64);
  target[5] = std::numeric_limits<double>::quiet_NaN();
  Training training(config_of(AdamWConfig{}), OutputKind::regression,
                    std::make_shared<Rows>(numbers(8), target));
  const auto before = training.weights();
  const auto moments = training.optimizer_state();
  const auto result = training.step(4);
  CHECK(result.skipped);
  CHECK(std::string(result.fault) == "loss");
  auto rows = result.rows;
  std::sort(rows.begin(), rows.end());
  CHECK(rows == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(equal(before, training.weights()));
  CHECK(training.updates() == 0);
  for (const auto& [name, moment] : moments) CHECK(moment.eq(0).all().item<bool>());
}

TEST_CASE("a finite loss with a gradient beyond float32 is skipped too", "[train]") {
  // The loss is about 1e37; its derivative by a weight has the input, 1e19, as a factor more.
  Training training(
      config_of(sgd(0.1)), OutputKind::regression,
      std::make_shared<Rows>(torch::zeros({8, kColumns}), torch::full({8}, 3e18, torch::kFloat64)));
  const auto before = training.weights();
  CHECK_FALSE(training.step(0).skipped);
  CHECK_FALSE(equal(before, training.weights()));
  Training beyond(config_of(sgd(0.1)), OutputKind::regression,
                  std::make_shared<Rows>(torch::full({8, kColumns}, 1e30),
                                         torch::full({8}, 1e20, torch::kFloat64)));
  const auto intact = beyond.weights();
  CHECK(beyond.step(0).skipped);
  CHECK(equal(intact, beyond.weights()));
}

TEST_CASE("of accumulated batches, the rows of those at fault are named", "[train]") {
  auto config = config_of(sgd(0.1));
  config.train.batch_size = 2;
  config.train.accumulate = 4;
  auto target = torch::zeros({8}, torch::kFloat64);
  target[5] = std::numeric_limits<double>::infinity();
  Training training(config, OutputKind::regression, std::make_shared<Rows>(numbers(8), target));
  const auto result = training.step(0);
  CHECK(result.skipped);
  REQUIRE(result.rows.size() == 2);
  CHECK((result.rows[0] == 5 || result.rows[1] == 5));
}

TEST_CASE("a batch that is not finite leaves no trace in running statistics", "[train]") {
  auto config = config_of(sgd(0.1));
  std::get<MlpConfig>(config.model).norm = Norm::batch;
  auto numeric = numbers(16).clone();
  numeric[3] = std::numeric_limits<float>::infinity();
  Training training(config, OutputKind::classification,
                    std::make_shared<Rows>(numeric, torch::arange(16, torch::kInt64) % 3));
  int skipped = 0;
  for (std::int64_t step = 0; step < 4; ++step) skipped += training.step(step).skipped ? 1 : 0;
  CHECK(skipped == 2);  // once an epoch
  bool any = false;
  for (const auto& [name, tensor] : training.weights()) {
    any = any || name.find("running_mean") != std::string::npos;
    CHECK(tensor.isfinite().all().item<bool>());
  }
  CHECK(any);
}

TEST_CASE("a large target with a small spread is learnt and told in double", "[train]") {
  // Seconds since 1970 within some minutes: float32 has steps of 128 there.
  const test::TempDir folder;
  std::string csv = "x,y\n";
  std::vector<double> expected;
  for (int i = 0; i < 64; ++i) {
    expected.push_back(1.7e9 + 100.0 * std::sin(i));
    csv += std::to_string(std::sin(i)) + "," + std::to_string(expected.back()) + "\n";
  }
  RunConfig config;
  config.task = {TaskType::regression, "y", {}};
  TableData data;
  data.files.train = folder.write("times.csv", csv);
  config.data = data;
  MlpConfig linear;
  linear.hidden = {};
  config.model = linear;
  config.train.optimizer = sgd(0.2);
  config.train.schedule = ConstantSchedule{};
  config.train.batch_size = 64;
  const auto opened = open_data(config);
  const auto network = make_network(config, *opened.preprocessor);
  Optimizer optimizer(network->model(), config.train.optimizer);
  Loader loader(opened.train, config.train.batch_size, 0);
  StepContext context{config, OutputKind::regression, at::kCPU, 100, *network, optimizer, loader};
  for (std::int64_t step = 0; step < 100; ++step) train_step(context, step);
  std::vector<std::int64_t> rows(64);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const torch::NoGradGuard guard;
  const auto answers = network->predict_values(opened.train->batch(rows).inputs);
  for (std::size_t i = 0; i < 64; ++i) CHECK(std::abs(answers[i] - expected[i]) < 0.01);
}

TEST_CASE("a batch that is cut between threads makes the same updates as a whole one", "[train]") {
  constexpr std::int64_t kSteps = 6;
  for (const std::int64_t accumulate : {1, 2}) {
    for (const bool clips : {false, true}) {
      for (const OptimizerConfig& optimizer :
           {OptimizerConfig(sgd(0.3)), OptimizerConfig(AdamWConfig{})}) {
        auto config = config_of(optimizer);
        config.train.batch_size = 128;
        config.train.accumulate = accumulate;
        // Every update is clipped: nothing of one may reach the next.
        if (clips) config.train.clip_norm = 0.02;
        const auto run = [&](int threads) {
          Training training(config, OutputKind::classification, classes(512), threads);
          std::vector<double> norms;
          for (std::int64_t step = 0; step < kSteps; ++step) {
            norms.push_back(training.step(step).gradient_norm);
          }
          return std::pair(norms, training.weights());
        };
        const auto [whole, weights] = run(1);
        const auto [cut, others] = run(2);
        for (std::size_t i = 0; i < whole.size(); ++i) {
          CHECK(cut[i] == Approx(whole[i]).epsilon(1e-3));
        }
        for (const auto& [name, tensor] : weights) {
          CHECK(others.at(name).allclose(tensor, 1e-3, 1e-4));
        }
      }
    }
  }
}
