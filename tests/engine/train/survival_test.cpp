// SPDX-License-Identifier: Apache-2.0
// What a run survives: values that are not finite, disks that fail, stops in the middle of a
// validation, another config.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "core/base/fault_point.h"
#include "core/data/batch_rows.h"
#include "engine/train/small_run.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

struct Faults {
  explicit Faults(const std::string& fault) { set_fault(fault); }
  ~Faults() { set_fault(""); }
};

// Rows of `bad` hold infinity.
class Poisoned final : public Dataset {
 public:
  Poisoned(std::shared_ptr<const Dataset> sound, std::set<std::int64_t> bad)
      : sound_(std::move(sound)), bad_(std::move(bad)) {}

  std::int64_t size() const override { return sound_->size(); }
  std::vector<std::string> ids() const override { return sound_->ids(); }
  Batch batch(std::span<const std::int64_t> rows) const override {
    auto batch = sound_->batch(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!bad_.contains(rows[i])) continue;
      batch.inputs.numeric[static_cast<std::int64_t>(i)] = std::numeric_limits<float>::infinity();
    }
    return batch;
  }

 private:
  std::shared_ptr<const Dataset> sound_;
  std::set<std::int64_t> bad_;
};

void one_row_batches(TrainConfig& train) {
  train.epochs = 2;
  train.batch_size = 1;
  train.optimizer = AdamWConfig{};
  train.log_every = 4;
  train.validate.every_steps = 20;
  train.checkpoint.every_steps = 5;
}

constexpr std::int64_t kAll = 2 * kRows;

// A run whose batches `first` to `last` (from 0) are bad in the first epoch; in the second, their
// rows come here and there.
struct Bad : Run {
  Bad(std::int64_t first, std::int64_t last) : Run(/*turned=*/false, one_row_batches) {
    const BatchRows order(kRows, 1, config.seed);
    std::set<std::int64_t> bad;
    for (auto batch = first; batch <= last; ++batch) {
      std::vector<std::int64_t> rows;
      order.rows(batch, rows);
      bad.insert(rows.begin(), rows.end());
    }
    data.train = std::make_shared<Poisoned>(data.train, bad);
  }
};

std::vector<Json> rows_of(const RunDirectory& run) {
  std::vector<Json> rows;
  std::istringstream lines(slurp(run.path() / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

struct Ended {
  std::string metrics;
  TensorMap weights;
  Json state;
};

Ended straight(Run& run) {
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  return {slurp(run.directory.path() / "metrics.jsonl"), copy_of(*run.network),
          trainer.state().to_json()};
}

// Stopped with `options`, then resumed to the end by another trainer.
Ended resumed(Run& run, const std::function<TrainOptions(const Trainer&)>& stop) {
  auto first = run.trainer();
  const auto error = error_of([&] { first.train(run.directory, stop(first)); });
  REQUIRE(error);
  REQUIRE(error->kind() == ErrorKind::stopped);
  run.network = make_network(run.config, *run.data.preprocessor);
  auto second = run.trainer();
  second.resume(run.directory, run.config);
  second.train(run.directory, {});
  return {slurp(run.directory.path() / "metrics.jsonl"), copy_of(*run.network),
          second.state().to_json()};
}

void check_same(const Ended& a, const Ended& b) {
  CHECK(a.metrics == b.metrics);
  CHECK(equal(a.weights, b.weights));
  CHECK(a.state == b.state);
}

}  // namespace

TEST_CASE("a single bad batch is skipped, counted and named", "[train]") {
  Bad run(7, 7);
  const auto ended = straight(run);
  for (const auto& [name, tensor] : ended.weights) CHECK(tensor.isfinite().all().item<bool>());
  CHECK(ended.state["not_finite"]["skipped"] == 2);  // once an epoch
  CHECK(ended.state["not_finite"]["roll_backs"] == 0);
  const auto rows = rows_of(run.directory);
  std::vector<std::int64_t> steps;
  for (const auto& row : rows) {
    if (!row.contains("skipped")) continue;
    CHECK(row["skipped"] == "loss");
    CHECK(row["rows"].size() == 1);
    steps.push_back(row["step"].get<std::int64_t>());
  }
  REQUIRE(steps.size() == 2);
  CHECK(steps[0] == 8);
  const auto last = Json::parse(slurp(run.directory.checkpoints().path_of(kAll) / "state.json"));
  CHECK(last["updates"] == kAll - 2);
}

TEST_CASE("five bad updates in a row lead back to the last checkpoint, and past the bad batches",
          "[train]") {
  Bad run(11, 15);  // updates 12 to 16; the checkpoint before is that of step 10
  const auto ended = straight(run);
  CHECK(ended.state["step"] == kAll);
  CHECK(ended.state["not_finite"]["roll_backs"] == 1);
  CHECK(ended.state["not_finite"]["batch_offset"] == 6);
  for (const auto& [name, tensor] : ended.weights) CHECK(tensor.isfinite().all().item<bool>());
  std::int64_t told = 0, before = 0;
  for (const auto& row : rows_of(run.directory)) {
    CHECK(row["step"].get<std::int64_t>() >= before);
    before = row["step"].get<std::int64_t>();
    if (!row.contains("rolled_back_to")) continue;
    ++told;
    CHECK(row == Json::parse(R"({"step": 11, "epoch": 0.275, "rolled_back_from": 16,
                                 "rolled_back_to": 10, "batches_left_out": 6})"));
  }
  CHECK(told == 1);
}

TEST_CASE("bad updates and a roll-back survive a stop at any step", "[train]") {
  Bad whole(11, 15);
  const auto expected = straight(whole);
  for (const std::int64_t step : {1, 10, 11, 12, 13, 14, 15, 16, 21, 60}) {
    INFO("stopped at step " << step);
    Bad run(11, 15);
    check_same(resumed(run, [&](const Trainer& trainer) { return stop_at(trainer, step); }),
               expected);
  }
}

TEST_CASE("a run that rolls back before its first planned checkpoint begins anew", "[train]") {
  Bad whole(0, 4);
  const auto expected = straight(whole);
  CHECK(expected.state["not_finite"]["roll_backs"] == 1);
  CHECK(expected.state["not_finite"]["batch_offset"] == 5);
  Bad run(0, 4);
  check_same(resumed(run, [](const Trainer& trainer) { return stop_at(trainer, 3); }), expected);
}

TEST_CASE("a third roll-back ends the run", "[train]") {
  Bad run(0, kRows - 1);
  auto trainer = run.trainer();
  const auto error = error_of([&] { trainer.train(run.directory, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::diverged);
  CHECK(std::string(error->what()) ==
        "training diverged: the loss of 5 updates in a row, up to step 5 (epoch 1), is not finite, "
        "and 2 roll-backs to a checkpoint did not help; lower train.optimizer.learning_rate, set "
        "train.clip_norm, or look for extreme values in the data; checkpoints before it are "
        "intact");
  CHECK(run.directory.checkpoints().find_last_complete() == 0);
}

TEST_CASE("a stop in the middle of a validation comes back to it", "[train]") {
  const auto shorter = [](TrainConfig& train) {
    train.epochs = 4;
    train.log_every = 2;
  };
  Run whole(false, shorter);
  const auto expected = straight(whole);
  Run run(false, shorter);
  int polls = 0;
  const auto ended = resumed(run, [&](const Trainer&) {
    TrainOptions options;
    // One look after each of four updates; the fifth is before the first batch of validation.
    options.stop_requested = [&] { return ++polls == 5; };
    return options;
  });
  check_same(ended, expected);
}

TEST_CASE("a disk that is full for a while changes nothing", "[train]") {
  const auto often = [](TrainConfig& train) { train.checkpoint.every_steps = 3; };
  Run whole(false, often);
  const auto expected = straight(whole);
  for (const int first : {1, 5, 30, 80}) {
    Run run(false, often);
    const Faults faults("no_space:" + std::to_string(first) + "-" + std::to_string(first + 1));
    check_same(straight(run), expected);
    CHECK(run.directory.checkpoints().last() == kStepsPerEpoch * 20);
  }
}

TEST_CASE("a disk that stays full ends the run, with the checkpoints before it whole", "[train]") {
  Run run(false, [](TrainConfig& train) { train.checkpoint.every_steps = 3; });
  auto trainer = run.trainer();
  {
    const Faults faults("no_space:60-:checkpoints");
    const auto error = error_of([&] { trainer.train(run.directory, {}); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::failed);
    CHECK_THAT(error->what(), CANDOR_CONTAINS("3 checkpoints in a row could not be written"));
    CHECK_THAT(error->what(), CANDOR_CONTAINS(run.directory.path().string()));
  }
  CHECK(trainer.state().step < kStepsPerEpoch * 20);
  run.network = make_network(run.config, *run.data.preprocessor);
  auto again = run.trainer();
  again.resume(run.directory, run.config);
  again.train(run.directory, {});
  Run whole(false, [](TrainConfig& train) { train.checkpoint.every_steps = 3; });
  straight(whole);
  CHECK(equal(copy_of(*run.network), copy_of(*whole.network)));
}

TEST_CASE("checkpoints come by the clock, too, and change nothing", "[train]") {
  const auto shorter = [](TrainConfig& train) {
    train.epochs = 2;
    train.validate.every_epochs = 2;
  };
  Run whole(false, shorter);
  const auto expected = straight(whole);
  Run timed(false, [&](TrainConfig& train) {
    shorter(train);
    train.checkpoint.every_seconds = 1e-9;
    train.checkpoint.keep = 100;
  });
  check_same(straight(timed), expected);
  CHECK(timed.directory.checkpoints().list().size() == 11);  // the start and every step
}

TEST_CASE("a checkpoint of an earlier version is read", "[train]") {
  Run run(false, [](TrainConfig& train) {
    train.epochs = 4;
    train.optimizer = AdamWConfig{};
  });
  const auto golden = fs::path(source_dir()) / "tests/golden/checkpoint";
  fs::create_directories(run.directory.path() / "checkpoints");
  fs::copy(golden / "step-00000010", run.directory.checkpoints().path_of(10));
  auto trainer = run.trainer();
  trainer.resume(run.directory, run.config);
  CHECK(trainer.state().step == 10);
  CHECK(trainer.state().best_step == 10);
  CHECK(trainer.state().loss_count == 10);
  CHECK(trainer.state().anchor == 10);
  trainer.train(run.directory, {});
  const auto expected = load_tensors(golden / "step-20-weights.safetensors");
  for (const auto& [name, tensor] : copy_of(*run.network)) {
    INFO(name);
    CHECK(tensor.allclose(expected.at(name), 1e-4, 1e-6));
  }
}

namespace {

struct Changed {
  std::optional<Error> error;
  TrainState state;
  std::vector<Json> rows;
};

// Ten steps of a run of 20 with the one config, then on with the other.
Changed change_at_ten(const std::function<void(TrainConfig&)>& first,
                      const std::function<void(TrainConfig&)>& then) {
  Run run(/*turned=*/true, [&](TrainConfig& train) {
    train.epochs = 4;
    first(train);
  });
  auto before = run.trainer();
  REQUIRE(error_of([&] { before.train(run.directory, stop_at(before, 10)); }));
  const auto old = run.config;
  then(run.config.train);
  run.network = make_network(run.config, *run.data.preprocessor);
  auto after = run.trainer();
  Changed changed;
  changed.error = error_of([&] {
    after.resume(run.directory, old);
    after.train(run.directory, {});
  });
  changed.state = after.state();
  changed.rows = rows_of(run.directory);
  return changed;
}

}  // namespace

TEST_CASE("a run of a constant rate can be made longer and shorter", "[train]") {
  for (const std::int64_t epochs : {2, 3, 7}) {
    const auto changed =
        change_at_ten([](TrainConfig&) {}, [&](TrainConfig& train) { train.epochs = epochs; });
    CHECK_FALSE(changed.error);
    CHECK(changed.state.step == epochs * kStepsPerEpoch);
  }
}

TEST_CASE("a run cannot end before what is done", "[train]") {
  const auto changed =
      change_at_ten([](TrainConfig&) {}, [](TrainConfig& train) { train.epochs = 1; });
  REQUIRE(changed.error);
  CHECK(changed.error->kind() == ErrorKind::config);
  CHECK(std::string(changed.error->what()) ==
        "--resume: 10 updates are done, but the run would end at 5; resume with more, or start a "
        "new run:\n  train.epochs: 4 -> 1");
}

TEST_CASE("a run whose past would have had other rates cannot be made longer", "[train]") {
  const auto changed = change_at_ten([](TrainConfig& train) { train.schedule = CosineSchedule{}; },
                                     [](TrainConfig& train) { train.epochs = 8; });
  REQUIRE(changed.error);
  CHECK(changed.error->kind() == ErrorKind::config);
  CHECK(std::string(changed.error->what()) ==
        "--resume: the 10 updates that are done would have had other learning rates; resume with "
        "the same values, or start a new run:\n  train.epochs: 4 -> 8");
}

TEST_CASE("a run that had stopped early goes on with more patience", "[train]") {
  const auto early = [](std::int64_t patience) {
    return [=](TrainConfig& train) { train.early_stopping = EarlyStoppingConfig{patience, 0.0}; };
  };
  const auto changed = change_at_ten(early(5), early(2));
  CHECK_FALSE(changed.error);
  CHECK(changed.state.step == 15);
  const auto longer = change_at_ten(early(5), early(100));
  CHECK(longer.state.step == 20);
}

TEST_CASE("the plateau schedule counts validations without a better score", "[train]") {
  // Every validation after the first is worse.
  Run run(/*turned=*/true, [](TrainConfig& train) {
    train.epochs = 8;
    PlateauSchedule plateau;
    plateau.patience = 2;
    plateau.factor = 0.5;
    train.schedule = plateau;
    train.log_every = kStepsPerEpoch;
  });
  auto trainer = run.trainer();
  trainer.train(run.directory, {});
  CHECK(trainer.state().reductions == 3);  // after validations 3, 5 and 7
  CHECK(trainer.state().plateau_stale == 1);
}

TEST_CASE("a plateau's settings cannot change under what followed from them", "[train]") {
  const auto plateau = [](double factor) {
    return [=](TrainConfig& train) {
      PlateauSchedule schedule;
      schedule.factor = factor;
      train.schedule = schedule;
    };
  };
  const auto changed = change_at_ten(plateau(0.5), plateau(0.9));
  REQUIRE(changed.error);
  CHECK(changed.error->kind() == ErrorKind::config);
  CHECK_THAT(changed.error->what(), CANDOR_CONTAINS("would have had other learning rates"));
  CHECK_FALSE(change_at_ten(plateau(0.5), [&](TrainConfig& train) {
                plateau(0.5)(train);
                train.epochs = 8;
              }).error);
}

TEST_CASE("where the checkpoint to roll back to was not written, the one before it is kept",
          "[train]") {
  // Batches 11 to 15 are bad; the planned save of step 10 fails, those of the clock do not.
  const auto often = [](Bad& run) { run.config.train.checkpoint.every_seconds = 1e-6; };
  Bad run(11, 15);
  often(run);
  {
    const Faults faults("no_space:1:step-00000010");
    const auto ended = straight(run);
    CHECK(ended.state.at("step") == kAll);
  }
  const auto warning = slurp(run.directory.path() / "metrics.jsonl");
  CHECK_THAT(warning, CANDOR_CONTAINS("\"rolled_back_from\":16,\"rolled_back_to\":5"));
  CHECK(run.directory.checkpoints().last() == kAll);
}
