// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/checkpoint_saver.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include <candor/log.h>

#include "core/artifact/model_directory.h"
#include "core/base/fault_point.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

namespace fs = std::filesystem;
using Steps = std::vector<std::int64_t>;

struct Faults {
  explicit Faults(const std::string& fault) { set_fault(fault); }
  ~Faults() { set_fault(""); }
};

// What the log said.
struct Warnings {
  std::string text;
  Warnings() {
    set_log([this](int level, const std::string& line) {
      if (level == 3) text += line + "\n";
    });
  }
  ~Warnings() { set_log({}); }
};

// Two files of tensors that tell the step.
CheckpointContent content_of(std::int64_t step, bool best = false, Anchor anchor = {}) {
  const auto numbers = std::make_shared<std::vector<float>>(64, static_cast<float>(step));
  TensorView view;
  view.dtype = DType::float32;
  view.shape = {8, 8};
  view.bytes = std::as_bytes(std::span(*numbers));
  CheckpointContent content;
  content.step = step;
  content.best = best;
  content.anchor = anchor;
  content.state = "{\"step\": " + std::to_string(step) + "}\n";
  content.tensors["weights.safetensors"] = {{"a", view}, {"b", view}};
  content.tensors["optimizer.safetensors"] = {{"a", view}};
  content.memory = numbers;
  return content;
}

struct Run {
  test::TempDir folder;
  RunDirectory run = RunDirectory::create(folder / "run", false);
  Run() { run.begin(); }
  CheckpointFolders& checkpoints() { return run.checkpoints(); }

  void save(CheckpointSaver& saver, CheckpointContent content) {
    saver.wait();
    saver.save(std::move(content));
  }
  // The step that the folder's own content says, after its manifest was checked.
  float content(std::int64_t step) {
    const auto path = checkpoints().path_of(step);
    verify_manifest(path, {"state.json", "weights.safetensors", "optimizer.safetensors"});
    const Safetensors file(path / "weights.safetensors");
    float value = 0.0f;
    std::memcpy(&value, file.find("b")->bytes.data(), sizeof(value));
    return value;
  }
};

}  // namespace

TEST_CASE("checkpoints are written one after the other, and the old ones go", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 2);
  for (std::int64_t step = 10; step <= 60; step += 10) {
    run.save(saver, content_of(step, step == 20, /*anchor=*/{30, 0}));
  }
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{20, 30, 50, 60});  // best, anchor, the two newest
  CHECK(run.checkpoints().last() == 60);
  CHECK(run.checkpoints().best() == 20);
  for (const auto step : run.checkpoints().list()) CHECK(run.content(step) == Approx(step));
}

TEST_CASE("the rows of a run are on the disk before a checkpoint is", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 1);
  const Warnings warnings;
  {
    const Faults faults("no_space:1-:metrics.jsonl");
    run.run.append_metrics({{"step", 1}});
    run.run.append_metrics({{"step", 2}});  // both wait
    run.save(saver, content_of(2));
    saver.wait();
    CHECK(run.checkpoints().list().empty());
  }
  CHECK_THAT(warnings.text,
             CANDOR_CONTAINS("metrics.jsonl: cannot be written: No space left on device; its rows "
                             "wait in memory until it can"));
  run.save(saver, content_of(3));
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{3});
  CHECK(test::slurp(run.run.path() / "metrics.jsonl") == "{\"step\":1}\n{\"step\":2}\n");
}

TEST_CASE("a save that fails is a warning, and the checkpoint before it stays", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 1);
  run.save(saver, content_of(1));
  saver.finish();
  const Warnings warnings;
  {
    const Faults faults("no_space:3-:checkpoints");
    run.save(saver, content_of(2));
    saver.wait();
  }
  CHECK_THAT(warnings.text,
             CANDOR_CONTAINS("the checkpoint of step 2 could not be written (1 of 3 failures in a "
                             "row that end the run): " +
                             run.run.path().string()));
  CHECK_THAT(warnings.text, CANDOR_CONTAINS("No space left on device; the one before it is intact, "
                                            "and training goes on"));
  CHECK(run.checkpoints().list() == Steps{1});
  CHECK(run.checkpoints().last() == 1);
  CHECK(run.content(1) == 1.0f);
  run.save(saver, content_of(3));
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{3});
}

TEST_CASE("the third failure in a row ends it, and names the path", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 1);
  run.save(saver, content_of(1));
  saver.finish();
  const Warnings warnings;
  const Faults faults("read_only:1-:checkpoints");
  for (const std::int64_t step : {2, 3}) {
    run.save(saver, content_of(step));
    saver.wait();
  }
  run.save(saver, content_of(4));
  const auto error = test::error_of([&] { saver.wait(); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(std::string(error->what()) ==
        "3 checkpoints in a row could not be written; the last fault: " +
            run.checkpoints().path_of(4).string() +
            ": cannot create the folder: Read-only file system; see to the disk and go on with "
            "--resume: the checkpoints before are intact");
  CHECK(run.content(1) == 1.0f);
}

TEST_CASE("failures count only in a row", "[artifact]") {
  Run run;
  const Warnings warnings;
  CheckpointSaver saver(run.run, 1);
  for (std::int64_t step = 1; step <= 12; ++step) {
    const Faults faults(step % 3 == 0 ? "" : "no_space:1-:checkpoints");
    run.save(saver, content_of(step));
    CHECK_FALSE(test::error_of([&] { saver.wait(); }));
  }
  CHECK(run.checkpoints().list() == Steps{12});
}

TEST_CASE("the best checkpoint is tried again before a later one is written", "[artifact]") {
  Run run;
  const Warnings warnings;
  CheckpointSaver saver(run.run, 1);
  {
    const Faults faults("no_space:1:checkpoints");
    run.save(saver, content_of(5, /*best=*/true));
    saver.wait();
  }
  CHECK(run.checkpoints().list().empty());
  run.save(saver, content_of(6));
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{5, 6});
  CHECK(run.checkpoints().best() == 5);
  CHECK(run.checkpoints().last() == 6);
  CHECK(run.content(5) == 5.0f);
}

TEST_CASE("the last checkpoint is tried again until it is there", "[artifact]") {
  Run run;
  const Warnings warnings;
  CheckpointSaver saver(run.run, 1);
  const Faults faults("no_space:1-2:checkpoints");
  run.save(saver, content_of(5));
  saver.finish();
  CHECK(run.content(5) == 5.0f);
}

TEST_CASE("wherever a save fails, a whole checkpoint is left, and nothing else", "[artifact]") {
  const Warnings warnings;
  for (int number = 1;; ++number) {
    Run run;
    CheckpointSaver saver(run.run, 1);
    run.save(saver, content_of(1, true));
    saver.finish();
    const Faults faults("no_space:" + std::to_string(number) + ":checkpoints");
    run.save(saver, content_of(2, true));
    saver.wait();
    INFO("fault point " << number);
    const auto newest = run.checkpoints().find_last_complete();
    REQUIRE(newest);
    CHECK(run.content(*newest) == Approx(*newest));
    CHECK(run.checkpoints().best());
    saver.finish();  // the next try
    CHECK(run.content(2) == 2.0f);
    CHECK(run.checkpoints().best() == 2);
    CHECK(run.checkpoints().last() == 2);
    for (const auto& entry : fs::directory_iterator(run.run.path() / "checkpoints")) {
      CHECK_FALSE(is_temporary_name(entry.path().filename().string()));
    }
    if (fault_points_passed() < number) break;
    REQUIRE(number < 200);
  }
}

TEST_CASE("wherever a save is killed, the old or the new checkpoint is the last, whole",
          "[artifact]") {
  bool ended = false;
  int old_ones = 0, new_ones = 0;
  for (int number = 1; !ended; ++number) {
    Run run;
    {
      CheckpointSaver saver(run.run, 1);
      run.save(saver, content_of(1));
      saver.finish();
    }
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      set_fault("kill:" + std::to_string(number) + ":checkpoints");
      CheckpointSaver saver(run.run, 1);
      saver.save(content_of(2));
      saver.finish();
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    ended = WIFEXITED(status);
    INFO("killed before call " << number);
    if (!ended) CHECK(WTERMSIG(status) == SIGKILL);
    run.checkpoints().sweep();
    const auto newest = run.checkpoints().find_last_complete();
    REQUIRE(newest);
    CHECK(run.content(*newest) == Approx(*newest));
    ++(*newest == 1 ? old_ones : new_ones);
    for (const auto& entry : fs::directory_iterator(run.run.path() / "checkpoints")) {
      CHECK_FALSE(is_temporary_name(entry.path().filename().string()));
    }
    REQUIRE(number < 200);
  }
  CHECK(old_ones > 10);
  CHECK(new_ones > 1);  // not only when it ended: links and old folders come after
}

TEST_CASE("a flipped bit in any byte of a checkpoint is found", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 1);
  run.save(saver, content_of(1));
  saver.finish();
  const auto folder = run.checkpoints().path_of(1);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  REQUIRE(files.size() == 4);
  std::size_t flips = 0, found = 0;
  for (const auto& path : files) {
    const auto intact = test::slurp(path);
    for (std::size_t at = 0; at < intact.size(); ++at, ++flips) {
      auto damaged = intact;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      std::ofstream(path, std::ios::binary) << damaged;
      if (test::error_of([&] { verify_manifest(folder); })) ++found;
    }
    std::ofstream(path, std::ios::binary) << intact;
  }
  CHECK(found == flips);
  CHECK(flips > 1000);
  CHECK_FALSE(test::error_of([&] { verify_manifest(folder); }));
}

TEST_CASE("the best checkpoint of the anchor's state is kept with the anchor", "[artifact]") {
  Run run;
  CheckpointSaver saver(run.run, 1);
  run.save(saver, content_of(1, /*best=*/true, {1, 1}));
  run.save(saver, content_of(2, false, {2, 1}));
  // A better one that is no anchor takes the link; a roll-back to step 2 needs step 1 still.
  run.save(saver, content_of(3, /*best=*/true, {2, 1}));
  run.save(saver, content_of(4, false, {2, 1}));
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{1, 2, 3, 4});
  run.save(saver, content_of(5, false, {5, 3}));
  saver.finish();
  CHECK(run.checkpoints().list() == Steps{3, 5});
}
