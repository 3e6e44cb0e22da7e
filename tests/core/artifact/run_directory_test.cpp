// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/run_directory.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/base/fault_point.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string config_fault(const std::function<void()>& action) {
  const auto error = test::error_of(action);
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  return error->what();
}

Json row(std::int64_t step, double loss) { return {{"step", step}, {"train/loss", loss}}; }

RunDirectory begun(const fs::path& path, bool overwrite = false) {
  auto run = RunDirectory::create(path, overwrite);
  run.begin();
  return run;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// A run with everything in it, as training leaves it.
void fill(RunDirectory& run) {
  run.write_json("config.json", {{"version", 1}});
  run.write_json("environment.json", {{"format_version", 1}});
  run.write("report.html", "<html>");
  run.append_metrics(row(1, 0.5));
  run.append_timing({{"step", 1}, {"seconds", 0.25}});
  for (const auto* name :
       {"predictions/test.jsonl", "model/model.json", "checkpoints/step-00000001/w", "log.txt",
        "events.out.tfevents.1.host", "report.json"}) {
    fs::create_directories((run.path() / name).parent_path());
    std::ofstream(run.path() / name) << "x";
  }
}

}  // namespace

TEST_CASE("a new run takes a folder that is missing or empty", "[artifact]") {
  const test::TempDir folder;
  { const auto run = begun(folder / "a/b"); }
  CHECK(fs::exists(folder / "a/b/.candor-run"));
  CHECK(fs::is_empty(folder / "a/b/metrics.jsonl"));
  fs::create_directory(folder / "empty");
  CHECK_NOTHROW(begun(folder / "empty"));
}

TEST_CASE("an existing run is refused with the ways out", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "run";
  begun(path);
  CHECK(config_fault([&] { RunDirectory::create(path, false); }) ==
        path.string() +
            ": exists already; continue it with --resume, replace it with --overwrite, or choose "
            "another "
            "folder with --run");
}

TEST_CASE("overwrite removes what a run contains and nothing else", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "run";
  {
    auto run = begun(path);
    fill(run);
  }
  folder.write("run/notes.txt", "mine");
  folder.write("run/.metrics.jsonl.tmp-1-0", "torn");
  fs::create_directory_symlink(folder.path(), path / "predictions-link");
  folder.write("outside/keep", "kept");
  fs::remove_all(path / "predictions");
  fs::create_directory_symlink(folder / "outside", path / "predictions");
  { const auto run = begun(path, true); }
  CHECK(names_in(path) == std::vector<std::string>{".candor-run", ".lock", "metrics.jsonl",
                                                   "notes.txt", "predictions-link",
                                                   "timing.jsonl"});
  CHECK(fs::is_empty(path / "metrics.jsonl"));
  CHECK(test::slurp(folder / "outside/keep") == "kept");
}

TEST_CASE("an earlier run keeps all its files until the new one begins", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "run";
  {
    auto run = begun(path);
    fill(run);
  }
  const auto before = names_in(path);
  { const auto run = RunDirectory::create(path, true); }  // the data could not be read
  CHECK(names_in(path) == before);
  CHECK(test::slurp(path / "metrics.jsonl") == row(1, 0.5).dump() + "\n");
  auto run = RunDirectory::create(path, true);
  CHECK(fs::exists(path / "model/model.json"));
  run.begin();
  CHECK_FALSE(fs::exists(path / "model"));
  CHECK(fs::is_empty(path / "metrics.jsonl"));
}

TEST_CASE("a run that never began leaves nothing of its own", "[artifact]") {
  const test::TempDir folder;
  {
    auto run = RunDirectory::create(folder / "a/b/run/", false);
    const auto moved = std::move(run);
    CHECK(names_in(folder / "a/b/run") == std::vector<std::string>{".lock"});
  }
  CHECK(fs::is_empty(folder.path()));
  fs::create_directory(folder / "mine");
  { const auto run = RunDirectory::create(folder / "mine", false); }
  CHECK(fs::is_empty(folder / "mine"));
  {
    const auto run = RunDirectory::create(folder / "c/run", false);
    folder.write("c/notes.txt", "of somebody else");
  }
  CHECK(names_in(folder / "c") == std::vector<std::string>{"notes.txt"});
}

TEST_CASE("a run is locked before it begins", "[artifact]") {
  const test::TempDir folder;
  const auto run = RunDirectory::create(folder / "run", false);
  CHECK(config_fault([&] { RunDirectory::create(folder / "run", false); }) ==
        (folder / "run").string() +
            ": in use by another process; wait for it, or use another folder");
}

TEST_CASE("a folder that candor did not make is never touched, not even with overwrite",
          "[artifact]") {
  const test::TempDir folder;
  folder.write("thesis/config.json", "{}");
  const auto path = folder / "thesis";
  for (const bool overwrite : {false, true}) {
    CHECK(config_fault([&] { RunDirectory::create(path, overwrite); }) ==
          path.string() +
              ": is a folder that candor did not make; choose another one with --run, or remove it "
              "yourself");
  }
  CHECK(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 1);
  folder.write("file", "");
  CHECK(config_fault([&] { RunDirectory::create(folder / "file", true); }) ==
        (folder / "file").string() +
            ": is a file; a run needs a folder: choose another one with --run");
}

TEST_CASE("only an existing run can be resumed", "[artifact]") {
  const test::TempDir folder;
  CHECK(config_fault([&] { RunDirectory::resume(folder / "none"); }) ==
        (folder / "none").string() + ": no such run directory; start a new run without --resume");
  fs::create_directory(folder / "other");
  CHECK(config_fault([&] { RunDirectory::resume(folder / "other"); }) ==
        (folder / "other").string() +
            ": is not a run directory of candor; pass the folder that candor train made");
  CHECK(fs::is_empty(folder / "other"));
}

TEST_CASE("a run that is in use cannot be opened by another process", "[artifact]") {
  const test::TempDir folder;
  const auto run = begun(folder / "run");
  const auto child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto resumed = test::error_of([&] { RunDirectory::resume(folder / "run"); });
    const auto replaced = test::error_of([&] { RunDirectory::create(folder / "run", true); });
    const bool refused = resumed && resumed->kind() == ErrorKind::config && replaced &&
                         replaced->kind() == ErrorKind::config &&
                         std::string(resumed->what()).find("in use") != std::string::npos;
    _exit(refused ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(fs::exists(folder / "run/.candor-run"));
}

TEST_CASE("a run is free again when its owner is gone", "[artifact]") {
  const test::TempDir folder;
  { const auto run = begun(folder / "run"); }
  CHECK_NOTHROW(RunDirectory::resume(folder / "run"));
}

TEST_CASE("rows are in the file as soon as they are appended", "[artifact]") {
  const test::TempDir folder;
  auto run = begun(folder / "run");
  run.append_metrics(row(1, 0.5));
  run.append_metrics(row(2, 0.25));
  run.append_timing({{"step", 2}, {"seconds", 0.1}});
  run.sync_rows();
  CHECK(test::slurp(folder / "run/metrics.jsonl") ==
        "{\"step\":1,\"train/loss\":0.5}\n{\"step\":2,\"train/loss\":0.25}\n");
  CHECK(test::slurp(folder / "run/timing.jsonl") == "{\"step\":2,\"seconds\":0.1}\n");
}

TEST_CASE("truncating goes back to a step and drops a torn last line", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "run";
  {
    auto run = begun(path);
    fill(run);
    for (int step = 2; step <= 12; ++step) run.append_metrics(row(step, 1.0 / step));
  }
  std::ofstream(path / "metrics.jsonl", std::ios::app) << "{\"step\":3,\"train/l";
  auto run = RunDirectory::resume(path);
  run.truncate_after(3);
  CHECK(test::slurp(path / "metrics.jsonl") ==
        row(1, 0.5).dump() + "\n" + row(2, 0.5).dump() + "\n" + row(3, 1.0 / 3).dump() + "\n");
  for (const auto* name : {"predictions", "model", "report.json", "report.html"})
    CHECK_FALSE(fs::exists(path / name));
  for (const auto* name : {"config.json", "log.txt", "checkpoints/step-00000001"})
    CHECK(fs::exists(path / name));

  run.append_metrics(row(4, 7.0));  // goes into the new file
  CHECK_THAT(test::slurp(path / "metrics.jsonl"),
             CANDOR_CONTAINS("{\"step\":4,\"train/loss\":7.0}\n"));
  run.truncate_after(0);
  CHECK(fs::is_empty(path / "metrics.jsonl"));
}

TEST_CASE("a resumed run's rows are those of an uninterrupted one", "[artifact]") {
  const test::TempDir folder;
  auto straight = begun(folder / "straight");
  for (int step = 1; step <= 9; ++step) straight.append_metrics(row(step, 0.1 * step));
  {
    auto killed = begun(folder / "killed");
    for (int step = 1; step <= 7; ++step) killed.append_metrics(row(step, 0.1 * step));
  }
  auto resumed = RunDirectory::resume(folder / "killed");
  resumed.truncate_after(4);
  for (int step = 5; step <= 9; ++step) resumed.append_metrics(row(step, 0.1 * step));
  CHECK(test::slurp(folder / "killed/metrics.jsonl") ==
        test::slurp(folder / "straight/metrics.jsonl"));
}

TEST_CASE("a line in the middle that is not JSON is named, not dropped", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder.write("metrics.jsonl", "{\"step\":1}\n{\"step\":\n{\"step\":3}\n");
  const auto before = test::slurp(path);
  const auto error = test::error_of([&] { truncate_lines(path, 5); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(std::string(error->what()).rfind(path + ":2", 0) == 0);
  CHECK(test::slurp(path) == before);
  folder.write("metrics.jsonl", "{\"step\":1}\n[]\n");
  const auto second = test::error_of([&] { truncate_lines(path, 5); });
  REQUIRE(second);
  CHECK(second->what() == path + ":2: is not a JSON object");
}

TEST_CASE("truncating a file that is not there does nothing", "[artifact]") {
  const test::TempDir folder;
  truncate_lines(folder / "none", 1);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("rows wait while the disk is full, and to sync them says so", "[artifact]") {
  LineFile full("/dev/full");
  full.append({{"step", 1}});
  const auto error = test::error_of([&] { full.sync(); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(std::string(error->what()) == "/dev/full: cannot be written: No space left on device");
}

TEST_CASE("rows that waited are written once, whole and in order", "[artifact]") {
  const test::TempDir folder;
  LineFile file(folder / "rows.jsonl");
  file.append({{"step", 1}});
  set_fault("no_space:1-2");
  file.append({{"step", 2}});
  file.append({{"step", 3}});
  set_fault("");
  CHECK(test::slurp(folder / "rows.jsonl") == "{\"step\":1}\n");
  file.append({{"step", 4}});
  file.sync();
  CHECK(test::slurp(folder / "rows.jsonl") ==
        "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4}\n");
}

TEST_CASE("resume sweeps what a killed process left half-written", "[artifact]") {
  const test::TempDir folder;
  { const auto run = begun(folder / "run"); }
  folder.write("run/.config.json.tmp-99-0", "{");
  folder.write("run/checkpoints/.step-00000009.tmp-99-1/model.safetensors", "half");
  folder.write("run/.my.notes", "kept");
  const auto run = RunDirectory::resume(folder / "run");
  CHECK_FALSE(fs::exists(folder / "run/.config.json.tmp-99-0"));
  CHECK(fs::is_empty(folder / "run/checkpoints"));
  CHECK(fs::exists(folder / "run/.my.notes"));
}

TEST_CASE("the default name of a run has the model's name and the time in UTC", "[artifact]") {
  const test::TempDir folder;
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  const auto time = std::chrono::system_clock::from_time_t(1785587696);
  CHECK(default_run_path("adult", time) == "runs/adult-20260801T123456Z");
  fs::create_directories("runs/adult-20260801T123456Z");
  CHECK(default_run_path("adult", time) == "runs/adult-20260801T123456Z-2");
  fs::create_directories("runs/adult-20260801T123456Z-2");
  CHECK(default_run_path("adult", time) == "runs/adult-20260801T123456Z-3");
  fs::current_path(before);
}

TEST_CASE("a run that was killed while it began leaves its folder free", "[artifact]") {
  const test::TempDir folder;
  const auto marker = "run/" + temporary_beside(folder / ".candor-run").filename().string();
  folder.write(marker, "{");
  {
    auto run = RunDirectory::create(folder / "run", false);
    run.begin();
    CHECK_FALSE(fs::exists(folder / marker));
    CHECK(is_run_directory(folder / "run"));
  }
  folder.write("other/" + temporary_beside(folder / "thesis.txt").filename().string(), "mine");
  CHECK_THROWS_AS(RunDirectory::create(folder / "other", true), Error);
}

TEST_CASE("rows that wait go with a roll-back as those in the file do", "[artifact]") {
  test::TempDir folder;
  LineFile rows(folder / "metrics.jsonl");
  rows.append({{"step", 1}});
  set_fault("no_space:1-:metrics.jsonl");
  rows.append({{"step", 2}});
  rows.append({{"step", 3}});
  rows.truncate_after(2);
  set_fault("");
  rows.sync();
  CHECK(test::slurp(folder / "metrics.jsonl") == "{\"step\":1}\n{\"step\":2}\n");
  rows.append({{"step", 3}});
  rows.sync();
  CHECK(test::slurp(folder / "metrics.jsonl") == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

}  // namespace candor
