// SPDX-License-Identifier: Apache-2.0
#include "engine/train/trainer.h"

#include <algorithm>
#include <sstream>

#include "core/artifact/model_directory.h"
#include "engine/train/small_run.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

std::function<void(TrainConfig&)> patience(std::int64_t count, double min_delta = 0.0) {
  return [=](TrainConfig& train) { train.early_stopping = EarlyStoppingConfig{count, min_delta}; };
}

}  // namespace

TEST_CASE("training stops early and goes back to the best weights", "[train]") {
  for (const std::int64_t count : {1, 3}) {
    Run run(/*turned=*/true, patience(count));
    auto trainer = run.trainer();
    CHECK(trainer.plan().total_steps == 20 * kStepsPerEpoch);
    trainer.train(run.directory, {});
    // The more it learns the worse it is on the turned rows: the first validation stays the best.
    const auto& state = trainer.state();
    CHECK(state.best_step == kStepsPerEpoch);
    CHECK(state.step == (1 + count) * kStepsPerEpoch);
    CHECK(state.stale == count);
    CHECK(state.finished);
    auto& checkpoints = run.directory.checkpoints();
    CHECK(checkpoints.best() == kStepsPerEpoch);
    CHECK(checkpoints.last() == state.step);
    const auto last = copy_of(*run.network);
    trainer.take_final_weights(run.directory);
    const auto best = load_tensors(checkpoints.path_of(kStepsPerEpoch) / "weights.safetensors");
    CHECK(equal(copy_of(*run.network), best));
    CHECK_FALSE(equal(copy_of(*run.network), last));
  }
}

TEST_CASE("training that gets better goes on to the end", "[train]") {
  Run run(/*turned=*/false, patience(1));
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  CHECK(trainer.state().step == 20 * kStepsPerEpoch);
  CHECK(trainer.state().best_step == trainer.state().step);
  CHECK(trainer.state().stale == 0);
  CHECK_FALSE(trainer.state().finished);
  const auto last = copy_of(*run.network);
  trainer.take_final_weights(run.directory);
  CHECK(equal(copy_of(*run.network), last));
}

TEST_CASE("what gets better by less than min_delta is not better", "[train]") {
  Run run(/*turned=*/false, patience(2, /*min_delta=*/10.0));
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  CHECK(trainer.state().best_step == kStepsPerEpoch);
  CHECK(trainer.state().step == 3 * kStepsPerEpoch);
}

TEST_CASE("the best may be that of a metric of which more is better", "[train]") {
  Run run(/*turned=*/false, [](TrainConfig& train) { train.metric = "accuracy"; });
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  CHECK(trainer.state().best_score == 1.0);
  CHECK(trainer.state().best_step < trainer.state().step);  // the first that cannot be bettered
  CHECK_FALSE(trainer.state().finished);                    // nobody asked for early stopping
}

TEST_CASE("best step and end follow from the validations as they were logged", "[train]") {
  // Noisy runs, whose validation loss goes up and down; the rule is told here a second time.
  bool came_back = false;  // some run got better again after it had been worse
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Run run(/*turned=*/false, [](TrainConfig& train) {
      SgdConfig wild;
      wild.learning_rate = 3.0;
      train.optimizer = wild;
      train.batch_size = 2;
      train.epochs = 10;
      train.validate.every_steps = 3;
      train.early_stopping = EarlyStoppingConfig{4, 1e-3};
    });
    run.config.seed = seed;
    run.network = make_network(run.config, *run.data.preprocessor);
    auto trainer = run.trainer();
    trainer.train(run.directory, {});
    std::istringstream rows(test::slurp(run.directory.path() / "metrics.jsonl"));
    std::optional<double> best;
    std::int64_t best_step = 0, stale = 0, last = 0;
    for (std::string line; std::getline(rows, line);) {
      const auto row = Json::parse(line);
      if (!row.contains("validation/loss")) continue;
      REQUIRE(stale < 4);  // else it should have ended before
      last = row["step"].get<std::int64_t>();
      const auto loss = row["validation/loss"].get<double>();
      if (best && loss >= *best - 1e-3) {
        ++stale;
        continue;
      }
      came_back = came_back || stale > 0;
      best = loss;
      best_step = last;
      stale = 0;
    }
    CHECK(trainer.state().best_step == best_step);
    CHECK(trainer.state().best_score == best);
    CHECK(trainer.state().stale == stale);
    CHECK(trainer.state().step == last);
    CHECK(trainer.state().finished == (stale == 4));
  }
  CHECK(came_back);
}

TEST_CASE("the last weights become the model when they are asked for", "[train]") {
  Run run(/*turned=*/true, [](TrainConfig& train) {
    train.weights = Weights::last;
    train.epochs = 3;
  });
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  CHECK(trainer.state().best_step == kStepsPerEpoch);
  const auto last = copy_of(*run.network);
  trainer.take_final_weights(run.directory);
  CHECK(equal(copy_of(*run.network), last));
}

TEST_CASE("a run that has stopped early stays stopped when it is resumed", "[train]") {
  Run run(/*turned=*/true, patience(2));
  auto first = run.trainer();
  first.train(run.directory, {});
  run.network = make_network(run.config, *run.data.preprocessor);
  auto again = run.trainer();
  again.resume(run.directory, run.config);
  CHECK(again.state().to_json() == first.state().to_json());
  again.train(run.directory, {});
  CHECK(again.state().step == first.state().step);
}

TEST_CASE("a run that is stopped and resumed takes the steps of a straight one", "[train]") {
  const auto shorter = [](TrainConfig& train) {
    train.epochs = 4;
    train.optimizer = AdamWConfig{};
  };
  Run straight(/*turned=*/false, shorter), stopped(/*turned=*/false, shorter);
  auto whole = straight.trainer();
  whole.train(straight.directory, {});
  auto first = stopped.trainer();
  const auto options = stop_at(first, 7);
  const auto error = test::error_of([&] { first.train(stopped.directory, options); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::stopped);
  CHECK(std::string(error->what()) ==
        "stopped at step 7 of 20; kept: " + stopped.directory.path().string() +
            "/checkpoints/step-00000007; continue with: candor train " +
            stopped.directory.path().string() + "/config.json --run " +
            stopped.directory.path().string() + " --resume");
  stopped.network = make_network(stopped.config, *stopped.data.preprocessor);
  auto second = stopped.trainer();
  second.resume(stopped.directory, stopped.config);
  CHECK(second.state().step == 7);
  second.train(stopped.directory, {});
  CHECK(equal(copy_of(*stopped.network), copy_of(*straight.network)));
  CHECK(second.state().to_json() == whole.state().to_json());
}

namespace {

// A run of 20 steps that was stopped after the seventh, whose state.json is then changed.
struct Stopped : Run {
  explicit Stopped(const std::function<void(Json&)>& change)
      : Run(/*turned=*/false, [](TrainConfig& train) { train.epochs = 4; }) {
    auto first = trainer();
    const auto options = stop_at(first, 7);
    REQUIRE(test::error_of([&] { first.train(directory, options); }));
    auto state = Json::parse(test::slurp(state_path(7)));
    change(state);
    const auto folder = directory.checkpoints().path_of(7);
    DirectoryWriter writer(folder);  // with a manifest that fits the change
    for (const char* name : {"weights.safetensors", "optimizer.safetensors"}) {
      writer.write(name, test::slurp(folder / name));
    }
    writer.write("state.json", state.dump());
    writer.commit(/*replace=*/true);
    network = make_network(config, *data.preprocessor);
  }

  std::string state_path(std::int64_t step) {
    return (directory.checkpoints().path_of(step) / "state.json").string();
  }
};

TensorMap finished(Stopped& run) {
  auto trainer = run.trainer();
  trainer.resume(run.directory, run.config);
  trainer.train(run.directory, {});
  return copy_of(*run.network);
}

}  // namespace

TEST_CASE("a checkpoint says where the loader is; one of an earlier version keeps its order",
          "[train]") {
  Stopped now([](Json& state) {
    CHECK(
        state["loader"] ==
        Json::parse(R"({"order": "feistel", "seed": 0, "epoch": 1, "position": 16, "rows": 40})"));
  });
  Stopped earlier([](Json& state) { state.erase("loader"); });
  Stopped named([](Json& state) { state["loader"]["order"] = "fisher_yates"; });
  const auto weights = finished(earlier);
  CHECK(equal(weights, finished(named)));
  CHECK_FALSE(equal(weights, finished(now)));
  const auto last = Json::parse(test::slurp(earlier.state_path(20)));
  CHECK(last["loader"]["order"] == "fisher_yates");
}

TEST_CASE("a checkpoint whose loader is somewhere else is refused", "[train]") {
  for (const char* key : {"seed", "epoch", "position", "rows"}) {
    Stopped run([&](Json& state) { state["loader"][key] = 3; });
    auto trainer = run.trainer();
    const auto error = test::error_of([&] { trainer.resume(run.directory, run.config); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    CHECK(std::string(error->what()) ==
          run.state_path(7) +
              ": loader is not at the place of train.step in this data; the file is damaged, or "
              "the training rows are others");
  }
}

TEST_CASE("a checkpoint whose counters cannot be is refused by name", "[train]") {
  for (const char* value : {"\"x\"", "-5", "1000000000000"}) {
    Stopped run([&](Json& state) { state["updates"] = Json::parse(value); });
    auto trainer = run.trainer();
    const auto error = test::error_of([&] { trainer.resume(run.directory, run.config); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    CHECK(std::string(error->what()) ==
          run.state_path(7) + ": updates is " + value +
              "; it must be a whole number from 0 to train.step, 7; the file is damaged");
  }
}

TEST_CASE("every run validates and keeps a checkpoint at its end", "[train]") {
  for (const std::int64_t batches : {1, 7, 1000}) {
    for (const std::int64_t accumulate : {1, 2, 8}) {
      for (const bool validation : {true, false}) {
        TrainConfig config;
        config.epochs = 3;
        config.accumulate = accumulate;
        const auto plan = make_plan(config, batches, validation);
        CHECK(plan.steps_per_epoch == std::max<std::int64_t>(1, batches / accumulate));
        CHECK(plan.total_steps == 3 * plan.steps_per_epoch);
        CHECK(plan.validates_after(plan.total_steps) == validation);
        CHECK(plan.checkpoints_after(plan.total_steps));
        CHECK(plan.validates_after(plan.steps_per_epoch) == validation);
        config.steps = 10;
        config.validate.every_steps = 4;
        const auto counted = make_plan(config, batches, true);
        CHECK(counted.total_steps == 10);
        CHECK(counted.validates_after(8));
        CHECK_FALSE(counted.validates_after(9));
        CHECK(counted.validates_after(10));
      }
    }
  }
}

TEST_CASE("the state of a run survives its file bit by bit", "[train]") {
  TrainState state;
  state.step = 123456789012;
  state.best_score = 0.1 + 0.2;
  state.best_step = 5;
  state.stale = 2;
  state.loss_sum = 1.0 / 3.0;
  state.loss_count = 7;
  state.finished = true;
  state.validation_due = true;
  state.reductions = 3;
  state.plateau_best = 1.0 / 7.0;
  state.plateau_stale = 1;
  state.skipped = 9;
  state.skipped_in_row = 4;
  state.roll_backs = 2;
  state.batch_offset = 17;
  state.anchor = 123456789000;
  state.anchor_best = 123456780000;
  const auto again = TrainState::from_json(Json::parse(state.to_json().dump()), "state.json");
  CHECK(again.to_json() == state.to_json());
  CHECK(*again.best_score == 0.1 + 0.2);
  CHECK(again.loss_sum == 1.0 / 3.0);
  CHECK_FALSE(TrainState::from_json(TrainState{}.to_json(), "state.json").best_score);
  const auto json = state.to_json();
  for (const auto& [key, value] : json.items()) {
    if (key == "not_finite") continue;  // without it, the file is of an earlier version
    auto less = json;
    less.erase(key);
    const auto error = test::error_of([&] { TrainState::from_json(less, "state.json"); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
  }
  for (const auto& [key, value] : json["not_finite"].items()) {
    if (key == "anchor_best") continue;  // likewise
    auto less = json;
    less["not_finite"].erase(key);
    CHECK(test::error_of([&] { TrainState::from_json(less, "state.json"); }));
  }
  auto backwards = json;
  backwards["stale"] = -1;
  const auto error = test::error_of([&] { TrainState::from_json(backwards, "state.json"); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "state.json: a value of train is out of range; the file is damaged");
}
