// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_record.h"

#include <filesystem>
#include <stdexcept>

#include "core/artifact/run_end.h"
#include "core/runs/made_runs.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

RunRecord made(const TempDir& folder, const Fill& fill) {
  make_run(folder / "run", run_config(), fill);
  return read_run(folder / "run");
}

}  // namespace

TEST_CASE("a finished run tells steps, plan, best validation, report and time", "[runs]") {
  const TempDir folder;
  make_finished(folder / "run", run_config(), 0.8);
  const auto run = read_run(folder / "run");
  CHECK(run.state == RunState::finished);
  CHECK(run.note.empty());
  CHECK(run.name == "run");
  CHECK(run.steps == 20);
  CHECK(run.planned_steps == 20);  // 4 epochs of 5 steps
  REQUIRE(run.best);
  CHECK(run.best->metric == "loss");
  CHECK(run.best->step == 20);
  CHECK(run.best->value == Approx(0.75));
  CHECK(run.split == "test");
  REQUIRE(run.find("accuracy") != nullptr);
  CHECK(run.find("accuracy")->value == 0.8);
  CHECK(run.find("accuracy")->higher_is_better);
  CHECK_FALSE(run.find("log_loss")->higher_is_better);
  CHECK_FALSE(run.find("log_loss")->low);
  CHECK(run.seconds == 8.0);
  CHECK(run.started > 0);
}

TEST_CASE("the state follows from the lock, the checkpoints, the model and the report", "[runs]") {
  const TempDir folder;
  SECTION("a run whose lock is held is being trained") {
    auto run = RunDirectory::create(folder / "run", false);
    run.begin();
    CHECK(read_run(folder / "run").state == RunState::running);
    // Looking takes the lock from nobody, and the run can still write.
    run.append_metrics({{"step", 1}, {"train/loss", 1.0}});
    CHECK(read_run(folder / "run").steps == 1);
  }
  SECTION("killed after a checkpoint it is interrupted, and can go on") {
    const auto run = made(folder, [](RunDirectory& directory) {
      write_rows(directory, 2);
      write_checkpoint(directory, 10);
    });
    CHECK(run.state == RunState::interrupted);
    CHECK(run.note.empty());
    CHECK(run.steps == 10);
    CHECK(run.planned_steps == 20);
  }
  SECTION("killed between the model and the report, it is interrupted too") {
    const auto run = made(folder, [](RunDirectory& directory) {
      write_checkpoint(directory, 20);
      write_results(directory, 0.5);
      fs::remove(directory.path() / "report.json");
    });
    CHECK(run.state == RunState::interrupted);
  }
  SECTION("without a checkpoint it is interrupted, and cannot go on") {
    const auto run = made(folder, [](RunDirectory& directory) { write_rows(directory, 1); });
    CHECK(run.state == RunState::interrupted);
    CHECK(run.note == "ended before a checkpoint");
  }
  SECTION("without a config it had not begun") {
    RunDirectory::create(folder / "run", false).begin();
    CHECK(read_run(folder / "run").note == "training had not begun");
  }
}

TEST_CASE("a run that ended with its folds is told from one that was interrupted", "[runs]") {
  CrossValidation folds;
  folds.model = "tiny";
  folds.folds = 2;
  folds.kind = "random";
  folds.scores.resize(2);
  for (auto& score : folds.scores) score.metrics["accuracy"] = 0.75;
  folds.metrics = fold_means(folds.scores, {"accuracy"}, 0.95);
  const auto file = cross_validation_json(folds).dump();
  const TempDir folder;
  SECTION("nothing of the model has begun") {
    const auto run = made(
        folder, [&](RunDirectory& directory) { directory.write("cross_validation.json", file); });
    CHECK(run.state == RunState::cross_validated);
    CHECK(std::string(state_name(run.state)) == "cross_validated");
    CHECK(run.note ==
          "2 folds, accuracy 0.7500; no model; --resume without --folds-only trains it");
  }
  SECTION("a file of folds that cannot be read says so") {
    const auto run = made(
        folder, [](RunDirectory& directory) { directory.write("cross_validation.json", "{"); });
    CHECK(run.state == RunState::cross_validated);
    CHECK(run.note ==
          "cross_validation.json cannot be read; no model; --resume without --folds-only trains "
          "it");
  }
  SECTION("the model has begun after them") {
    const auto run = made(folder, [&](RunDirectory& directory) {
      directory.write("cross_validation.json", file);
      write_checkpoint(directory, 5);
    });
    CHECK(run.state == RunState::interrupted);
  }
  SECTION("it could say how it ended") {
    const auto run = made(folder, [&](RunDirectory& directory) {
      directory.write("cross_validation.json", file);
      write_run_end(directory, std::runtime_error("disk full"));
    });
    CHECK(run.state == RunState::crashed);
  }
}

TEST_CASE("a run that could say how it ended is told by that", "[runs]") {
  const TempDir folder;
  const auto ended = [&](const std::exception& error) {
    return made(folder, [&](RunDirectory& directory) {
      write_rows(directory, 2);
      write_checkpoint(directory, 10);
      write_run_end(directory, error);
    });
  };
  SECTION("by a signal it is stopped") {
    const auto run = ended(Error(ErrorKind::stopped, "stopped at step 10 of 20"));
    CHECK(run.state == RunState::stopped);
    CHECK(run.note.empty());
  }
  SECTION("by values that are not finite it has diverged") {
    const auto run = ended(Error(ErrorKind::diverged, "training diverged: the loss"));
    CHECK(run.state == RunState::diverged);
    CHECK(run.note == "training diverged: the loss");
  }
  SECTION("by another error it has crashed, and the first line says why") {
    const auto run = ended(std::runtime_error("out of memory\n#0 somewhere"));
    CHECK(run.state == RunState::crashed);
    CHECK(run.note == "out of memory");
  }
  SECTION("once it goes on, the earlier end is forgotten") {
    ended(Error(ErrorKind::stopped, "stopped"));
    RunDirectory::resume(folder / "run").truncate_after(10);
    CHECK(read_run(folder / "run").state == RunState::interrupted);
  }
  SECTION("a state that nobody knows is none") {
    ended(Error(ErrorKind::stopped, "stopped"));
    folder.write("run/ended.json", R"({"state": "tired"})");
    CHECK(read_run(folder / "run").state == RunState::interrupted);
  }
}

TEST_CASE("a plan that is no number of steps is none", "[runs]") {
  const TempDir folder;
  auto config = run_config();
  for (const auto& steps : {Json(1e300), Json(-5), Json("many"), Json(0)}) {
    config["train"]["steps"] = steps;
    config["train"]["epochs"] = steps;
    const auto name = "run " + steps.dump();
    make_run(folder / name, config);
    CHECK_FALSE(read_run(folder / name).planned_steps);
  }
}

TEST_CASE("what is damaged is told, and the rest is still read", "[runs]") {
  const TempDir folder;
  make_finished(folder / "run", run_config(), 0.8);
  SECTION("a config that is no JSON") {
    folder.write("run/config.json", "{\"seed\": ");
    const auto run = read_run(folder / "run");
    CHECK(run.state == RunState::damaged);
    CHECK(run.note.starts_with("config.json:1:"));
    CHECK(run.find("accuracy") != nullptr);
  }
  SECTION("a report that is a list") {
    folder.write("run/report.json", "[]");
    const auto run = read_run(folder / "run");
    CHECK(run.state == RunState::damaged);
    CHECK(run.note == "report.json: is not a JSON object");
    CHECK(run.best);
  }
  SECTION("a line of metrics.jsonl, but not one that is still being written") {
    const auto rows = slurp(folder / "run/metrics.jsonl");
    folder.write("run/metrics.jsonl", rows + "{\"step\": 25, \"train/l");
    CHECK(read_run(folder / "run").state == RunState::finished);
    folder.write("run/metrics.jsonl", "\xff\xfe\n" + rows);
    const auto run = read_run(folder / "run");
    CHECK(run.state == RunState::damaged);
    CHECK(run.note == "metrics.jsonl: 1 line cannot be read");
    CHECK(run.steps == 20);
  }
  SECTION("a model of which a part is gone") {
    folder.write("run/model/model.json", "");
    const auto run = read_run(folder / "run");
    CHECK(run.state == RunState::damaged);
    CHECK(run.note == "model/model.json: has 0 bytes, not 2");
  }
}

TEST_CASE("the best validation is the highest where higher is better, the earliest of equals",
          "[runs]") {
  History history;
  history.values["validation/accuracy"] = {{1, 0.5}, {2, 0.7}, {3, 0.7}, {4, 0.6}};
  history.values["validation/rmse"] = {{1, 5.0}, {2, 3.0}, {3, 3.0}};
  CHECK(best_validation(history, "accuracy")->step == 2);
  CHECK(best_validation(history, "rmse")->step == 2);
  CHECK_FALSE(best_validation(history, "roc_auc"));
}

TEST_CASE("time goes on where a resumed run stopped", "[runs]") {
  const TempDir folder;
  folder.write("timing.jsonl",
               "{\"step\": 10, \"seconds\": 4.0}\n{\"step\": 20, \"seconds\": 8.0}\n"
               "{\"step\": 30, \"seconds\": 3.0}\n");
  const auto seconds = read_seconds(folder.path());
  CHECK(seconds == Points{{10, 4}, {20, 8}, {30, 11}});
  CHECK(over_time({{5, 1.0}, {10, 0.9}, {25, 0.8}, {60, 0.7}}, seconds) ==
        Points{{2, 1.0}, {4, 0.9}, {9.5, 0.8}, {22, 0.7}});
  CHECK(over_time({{5, 1.0}}, {}).empty());
}
