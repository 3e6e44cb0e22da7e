// SPDX-License-Identifier: Apache-2.0
// What real processes survive: kills inside saves, signals, full and read-only disks, too little
// memory. Numbers of tries are small; scripts/kill_sweep.sh sets CANDOR_KILLS and CANDOR_SIGNALS.
#include <sys/mount.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <regex>
#include <thread>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::Outcome;
using candor::test::Process;
using candor::test::run_candor;
using candor::test::RunOptions;
using candor::test::slurp;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

int count_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Many small checkpoints, so that a kill often falls into a save.
Words training(const std::string& config) {
  return {"train", config, "train.epochs=60", "train.checkpoint.every_steps=3"};
}

// What a run leaves when it has ended.
std::string ended(const fs::path& run) {
  return slurp(run / "model" / "model.safetensors") + slurp(run / "metrics.jsonl") +
         slurp(run / "report.json");
}

// The step that a resumed process says it goes on from; 0 where there was no checkpoint yet.
std::optional<long> resumed_step(const std::string& err) {
  std::smatch found;
  if (std::regex_search(err, found, std::regex("resuming after step ([0-9]+)"))) {
    return std::stol(found[1]);
  }
  if (err.find("starting at step 1") != std::string::npos) return 0;
  return std::nullopt;
}

std::vector<std::string> temporary_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (name.find(".tmp-") != std::string::npos) names.push_back(name);
  }
  return names;
}

Words with_program(const Words& words) { return Words{"candor"} + words; }

// One file system of its own that is small; gone with the object. Needs the right to mount.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder_);
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void set_read_only(bool read_only) const {
    const unsigned long flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0ul);
    mount("tmpfs", folder_.c_str(), "tmpfs", flags, "size=4m");
  }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("kills at random moments, inside saves too, lose no checkpoint", "[resume]") {
  const int kills = count_from("CANDOR_KILLS", 6);
  TempDir folder;
  const auto words = training(write_table_config(folder));
  const auto straight = folder / "straight";
  REQUIRE(run_candor(words + Words{"--run", straight.string()}).exit_code == 0);
  std::mt19937 random(7);
  int runs = 0, inside = 0, lost = 0, resumed = 0;
  for (int killed = 0; killed < kills; ++runs) {
    const auto run = folder / ("run-" + std::to_string(runs));
    long step = -1;
    for (bool going = true; going;) {
      RunOptions options;
      const bool fault = random() % 2 == 0;
      if (fault && killed < kills) {
        options.variables["CANDOR_FAULT"] = "kill:" + std::to_string(1 + random() % 400);
      }
      auto line = with_program(words) + Words{"--run", run.string()};
      if (fs::exists(run / ".candor-run")) line.push_back("--resume");
      Process process(line, options);
      if (!fault && killed < kills) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 900));
        process.signal(SIGKILL);
      }
      const auto outcome = process.wait();
      INFO(outcome.err);
      if (outcome.exit_code == 128 + SIGKILL) {
        ++killed;
        inside += temporary_names(run).empty() ? 0 : 1;
      } else {
        REQUIRE(outcome.exit_code == 0);
        going = false;
      }
      // No step that was safe once is gone.
      if (const auto from = resumed_step(outcome.err)) {
        ++resumed;
        lost += *from < step ? 1 : 0;
        step = *from;
        const auto newest = fs::read_symlink(run / "checkpoints" / "last").string();
        CHECK(newest.starts_with("step-"));
      }
    }
    CHECK(ended(run) == ended(straight));
    CHECK(temporary_names(run).empty());
    fs::remove_all(run);
  }
  CHECK(lost == 0);
  if (std::getenv("CANDOR_KILLS") != nullptr) {
    std::cout << kills << " kills (" << inside << " with half-written files left), " << resumed
              << " resumed, " << runs << " runs ended with the same bytes, " << lost
              << " checkpoints lost\n";
  }
}

TEST_CASE("signals at random moments end with 75 and a run that goes on bit-equal", "[resume]") {
  const int signals = count_from("CANDOR_SIGNALS", 5);
  TempDir folder;
  const auto words = training(write_table_config(folder));
  const auto straight = folder / "straight";
  REQUIRE(run_candor(words + Words{"--run", straight.string()}).exit_code == 0);
  std::mt19937 random(11);
  int sent = 0, stopped = 0, runs = 0;
  for (; sent < signals; ++runs) {
    const auto run = folder / ("run-" + std::to_string(runs));
    for (bool going = true; going;) {
      auto line = with_program(words) + Words{"--run", run.string()};
      if (fs::exists(run / ".candor-run")) line.push_back("--resume");
      Process process(line);
      if (sent < signals) {
        // Before this line a signal may find the program without its handlers, and ends it.
        process.wait_for("model: ");
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 700));
        const int number = std::array{SIGTERM, SIGINT, SIGUSR1, SIGUSR2}[sent % 4];
        if (process.running()) {
          process.signal(number);
          ++sent;
        }
      }
      const auto outcome = process.wait();
      INFO(outcome.err);
      REQUIRE((outcome.exit_code == 0 || outcome.exit_code == 75));
      stopped += outcome.exit_code == 75 ? 1 : 0;
      going = outcome.exit_code == 75;
    }
    CHECK(ended(run) == ended(straight));
    fs::remove_all(run);
  }
  CHECK(stopped > 0);
  if (std::getenv("CANDOR_SIGNALS") != nullptr) {
    std::cout << sent << " signals, " << stopped << " stops with 75 (the rest came after the end), "
              << runs << " runs ended with the same bytes\n";
  }
}

TEST_CASE("SIGUSR1 asks as often as it comes", "[resume]") {
  TempDir folder;
  Process process(with_program({"train", write_text_config(folder), "train.steps=20000", "--run",
                                (folder / "run").string()}));
  while (process.running() && slurp(folder / "run" / "metrics.jsonl").empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (int i = 0; i < 3; ++i) {
    process.signal(i == 1 ? SIGUSR2 : SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto outcome = process.wait();
  CHECK(outcome.exit_code == 75);
  // The first one is acknowledged, once; and who asked for a stop sees no error in it.
  const std::string heard = "stopping after this step\n";
  CHECK_THAT(outcome.err, CANDOR_CONTAINS(heard));
  CHECK(outcome.err.find(heard) == outcome.err.rfind(heard));
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("\nstopped at step "));
  CHECK_THAT(outcome.err,
             CANDOR_CONTAINS("; kept: " + (folder / "run/checkpoints/step-").string()));
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("; continue with: candor train "));
  CHECK(outcome.err.find("error: ") == std::string::npos);
}

TEST_CASE("a second Ctrl-C ends at once with 130, in the middle of a save", "[resume]") {
  TempDir folder;
  const auto run = folder / "run";
  const auto words = training(write_table_config(folder)) + Words{"--run", run.string()};
  RunOptions options;
  options.variables["CANDOR_FAULT"] = "hang:100:checkpoints";  // a save that never ends
  Process process(with_program(words), options);
  while (process.running() && temporary_names(run / "checkpoints").empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  process.signal(SIGINT);
  CHECK(process.wait_for("stopping after this step; again to stop now\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  REQUIRE(process.running());  // it waits for the save
  process.signal(SIGINT);
  CHECK(process.wait().exit_code == 130);
  const auto straight = folder / "straight";
  REQUIRE(run_candor(training(write_table_config(folder)) + Words{"--run", straight.string()})
              .exit_code == 0);
  CHECK(run_candor(words + Words{"--resume"}).exit_code == 0);
  CHECK(ended(run) == ended(straight));
}

TEST_CASE("a disk that is full for a while is loud, and costs nothing", "[resume]") {
  TempDir folder;
  const auto words = training(write_table_config(folder));
  const auto straight = folder / "straight", run = folder / "run";
  REQUIRE(run_candor(words + Words{"--run", straight.string()}).exit_code == 0);
  RunOptions options;
  options.variables["CANDOR_FAULT"] = "no_space:40-41:checkpoints";
  const auto outcome = run_candor(words + Words{"--run", run.string()}, options);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("could not be written (1 of 3 failures in a row that end "
                                          "the run): " +
                                          run.string()));
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("No space left on device"));
  CHECK(ended(run) == ended(straight));
}

TEST_CASE("a disk that stays full ends the run with 1 and names the path", "[resume]") {
  TempDir folder;
  const auto words = training(write_table_config(folder));
  const auto straight = folder / "straight", run = folder / "run";
  REQUIRE(run_candor(words + Words{"--run", straight.string()}).exit_code == 0);
  RunOptions options;
  options.variables["CANDOR_FAULT"] = "read_only:100-:checkpoints";
  const auto outcome = run_candor(words + Words{"--run", run.string()}, options);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("error: 3 checkpoints in a row could not be written; the "
                                          "last fault: " +
                                          run.string()));
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("Read-only file system"));
  const auto again = run_candor(words + Words{"--run", run.string(), "--resume"});
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK(ended(run) == ended(straight));
}

TEST_CASE("a real disk that is full, then read-only, then free again", "[resume]") {
  TempDir folder;
  const SmallDisk disk(folder / "disk");
  if (!disk.mounted()) {
    WARN("no right to mount a small disk: skipped");
    return;
  }
  const auto words = training(write_table_config(folder)) + Words{"train.epochs=4000"};
  const auto run = folder / "disk" / "run";
  Process process(with_program(words + Words{"--run", run.string()}));
  while (process.running() && !fs::exists(run / "checkpoints" / "last")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::ofstream filler(folder / "disk" / "filler");
  while (filler) filler << std::string(4096, 'x') << std::flush;
  const auto outcome = process.wait();
  INFO(outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("No space left on device"));
  CHECK_THAT(outcome.err, CANDOR_CONTAINS(run.string()));
  filler.close();
  fs::remove(folder / "disk" / "filler");
  Process again(with_program(words + Words{"--run", run.string(), "--resume"}));
  REQUIRE(again.wait_for("resuming after step"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  disk.set_read_only(true);  // refused while a file is open for writing; the next one then fails
  again.signal(SIGTERM);
  const auto stopped = again.wait();
  disk.set_read_only(false);
  INFO(stopped.err);
  CHECK((stopped.exit_code == 1 || stopped.exit_code == 75));
}

TEST_CASE("too little memory ends with 5 and says what to lower", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto run = folder / "run";
  // The program's libraries take about 1 GB of addresses; the layer would take 3.2 GB.
  const auto outcome = candor::test::run(
      {"prlimit", "--as=3000000000", candor::test::program("candor"), "train", config,
       "model.hidden=[20000,40000]", "--threads", "1", "--run", run.string()});
  INFO(outcome.err);
  CHECK(outcome.exit_code == 5);
  CHECK_THAT(outcome.err, CANDOR_CONTAINS("error: out of memory in training ("));
  CHECK_THAT(
      outcome.err,
      CANDOR_CONTAINS("lower train.batch_size (16), with train.accumulate raised as much for "
                      "the same updates, or lower model.hidden; checkpoints that are written are "
                      "intact"));
}

TEST_CASE("a resumed run takes what may change, says so, and keeps it", "[resume]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto run = folder / "run";
  const Words words = {"train", config, "train.schedule.type=constant", "--run", run.string()};
  REQUIRE(run_candor(words + Words{"train.epochs=3"}).exit_code == 0);
  const auto longer = run_candor(words + Words{"train.epochs=5", "train.log_every=2", "--resume"});
  INFO(longer.err);
  CHECK(longer.exit_code == 0);
  CHECK_THAT(longer.err, CANDOR_CONTAINS("resuming with another config, from step 28 on: "
                                         "train.epochs: 3 -> 5"));
  CHECK_THAT(longer.err, CANDOR_CONTAINS("train.log_every: 1 -> 2"));
  CHECK_THAT(slurp(run / "config.json"), CANDOR_CONTAINS("\"epochs\": 5"));
  CHECK_THAT(slurp(run / "environment.json"), CANDOR_CONTAINS("train.epochs: 3 -> 5"));
  const auto refused = run_candor(words + Words{"train.epochs=5", "train.log_every=2", "seed=4",
                                                "train.batch_size=8", "--resume"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err == "error: --resume: the config is not the one of " + run.string() +
                           "; resume without these changes, or start a new run:\n  seed: 0 -> 4\n  "
                           "train.batch_size: 16 -> 8\n");
}
