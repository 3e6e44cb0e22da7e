// SPDX-License-Identifier: Apache-2.0
// A run that is stopped and resumed ends with the same bytes as one that was not: weights,
// optimizer, state and metrics.jsonl. A few steps by default; with CANDOR_SWEEP=all every step of
// every case, as scripts/resume_sweep.sh asks.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "engine/train/small_run.h"
#include "support/catch.h"
#include "support/encode_jpeg.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSteps = 60;

// What the three have in common: dropout or augmentation stand in the families' own parts.
const char* const kTrain = R"("train": {"steps": 60, "batch_size": 4, "log_every": 5,
  "optimizer": {"type": "muon", "learning_rate": 0.02}, "ema": {"decay": 0.9},
  "schedule": {"type": "plateau", "patience": 1, "warmup_ratio": 0.1},
  "regularization": {"l2": 0.001}, "clip_norm": 1.0,
  "validate": {"every_steps": 7}})";

std::string write_table(const TempDir& folder) {
  std::string csv = "a,b,c,y\n";
  for (int i = 0; i < 48; ++i) {
    csv += std::to_string(i * 7 % 13) + "," + (i % 5 == 0 ? "" : std::to_string(i * 3 % 11)) + "," +
           "pqr"[i % 3] + "," + (i * 7 % 13 > 6 ? "yes" : "no") + "\n";
  }
  folder.write("train.csv", csv);
  return folder.write("config.json", std::string(R"({"name": "sweep",
    "task": {"type": "classification", "target": "y"},
    "data": {"type": "table", "files": {"train": "train.csv"}, "split": {"validation": 0.25}},
    "model": {"type": "mlp", "hidden": [8, 8], "dropout": 0.3, "norm": "batch"}, )") +
                                         kTrain + "}");
}

std::string write_text(const TempDir& folder) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += (i % 3 == 0 ? "the cat " : i % 3 == 1 ? "a dog " : "my bird ");
    text += (i % 4 < 2 ? "sees the sun.\n" : "runs home.\n");
  }
  folder.write("train.txt", text);
  return folder.write("config.json", std::string(R"({"name": "sweep",
    "task": {"type": "language_model"},
    "data": {"type": "text", "files": {"train": "train.txt"}, "split": {"validation": 0.2}},
    "model": {"type": "transformer", "layers": 1, "heads": 2, "width": 16, "context": 16,
              "dropout": 0.2}, )") + kTrain +
                                         "}");
}

std::string write_images(const TempDir& folder) {
  for (int i = 0; i < 24; ++i) {
    Pixels image;
    image.width = image.height = 8;
    for (int at = 0; at < 8 * 8 * 3; ++at) {
      image.rgb.push_back(static_cast<std::uint8_t>((i % 2 == 0 ? 40 : 160) + (at * (i + 3)) % 60));
    }
    folder.write(
        std::string("images/") + (i % 2 == 0 ? "dark/" : "bright/") + std::to_string(i) + ".jpg",
        encode_jpeg(image));
  }
  return folder.write("config.json", std::string(R"({"name": "sweep",
    "task": {"type": "classification"},
    "data": {"type": "images", "files": {"train": "images"}, "size": 8, "split": {"validation": 0.25}},
    "augment": {"crop": 1, "flip": true, "rotate": 5},
    "model": {"type": "resnet", "depth": null, "blocks": [1, 1], "width": 4, "stem": "small"}, )") +
                                         kTrain + "}");
}

// All that a run leaves: the files of its last checkpoint and its rows, as SHA-256.
std::map<std::string, std::string> left_by(RunDirectory& run) {
  std::map<std::string, std::string> digests;
  digests["metrics.jsonl"] = sha256_file(run.path() / "metrics.jsonl", ErrorKind::failed);
  for (const auto& entry : fs::directory_iterator(run.checkpoints().path_of(kSteps))) {
    digests[entry.path().filename().string()] = sha256_file(entry.path(), ErrorKind::failed);
  }
  return digests;
}

// One family with one number of loader threads and of accumulated batches.
class Case {
 public:
  // `threads` of the loader; `operation_threads` inside an operation, or with a part of a batch
  // each.
  Case(const std::string& family, std::int64_t threads, std::int64_t accumulate,
       const std::vector<std::string>& words = {}, int operation_threads = 1)
      : operation_threads_(operation_threads),
        config_(load_config(family == "mlp"           ? write_table(folder_)
                            : family == "transformer" ? write_text(folder_)
                                                      : write_images(folder_),
                            all_words(words, threads, accumulate))),
        data_(open_data(config_)) {
    auto run = new_run();
    train(run, false, 0);
    straight_ = left_by(run);
  }

  // Stops after `step`, resumes to the end, and compares.
  bool same_after_stop(std::int64_t step) {
    auto run = new_run();
    train(run, false, step);
    train(run, true, 0);
    return left_by(run) == straight_;
  }

  std::size_t files() const { return straight_.size(); }

 private:
  static std::vector<std::string> all_words(std::vector<std::string> words, std::int64_t threads,
                                            std::int64_t accumulate) {
    words.push_back("train.loader_threads=" + std::to_string(threads));
    words.push_back("train.accumulate=" + std::to_string(accumulate));
    return words;
  }

  RunDirectory new_run() {
    auto run =
        RunDirectory::create(folder_ / ("run-" + std::to_string(count_++)), /*overwrite=*/false);
    run.begin();
    return run;
  }

  void train(RunDirectory& run, bool resume, std::int64_t stop) {
    const auto network = make_network(config_, *data_.preprocessor);
    Trainer trainer(config_, data_, network, at::kCPU);
    if (resume) trainer.resume(run, config_);
    const auto error =
        error_of([&] { trainer.train(run, stop > 0 ? stop_at(trainer, stop) : TrainOptions{}); });
    if (error && error->kind() != ErrorKind::stopped) throw *error;
    if (error.has_value() != (stop > 0)) throw std::runtime_error("stopped or not, against plan");
  }

  Threads operation_threads_;
  TempDir folder_;
  RunConfig config_;
  OpenedData data_;
  std::map<std::string, std::string> straight_;
  int count_ = 0;
};

bool wants_all() {
  const char* sweep = std::getenv("CANDOR_SWEEP");
  return sweep != nullptr && std::string(sweep) == "all";
}

}  // namespace

TEST_CASE("stopped at any step, every family ends with the same bytes", "[train][sweep]") {
  const bool all = wants_all();
  int same = 0, tried = 0;
  std::int64_t sample = 0;
  for (const std::string family : {"mlp", "transformer", "resnet"}) {
    for (const std::int64_t threads : {0, 2}) {
      for (const std::int64_t accumulate : {1, 4}) {
        if (!all && (threads == 0) == (accumulate == 1)) continue;  // a sample crosses them
        Case one(family, threads, accumulate);
        REQUIRE(one.files() == 6);  // weights, optimizer, average, state, manifest; rows
        for (std::int64_t step = 1; step <= kSteps; ++step) {
          if (!all && step != 7 && step != 11 + sample * 8) continue;
          const bool equal = one.same_after_stop(step);
          INFO(family << ", " << threads << " loader threads, accumulate " << accumulate
                      << ", stopped after step " << step);
          CHECK(equal);
          same += equal ? 1 : 0;
          ++tried;
        }
        ++sample;
        if (all) {
          std::cout << family << ", " << threads << " loader threads, accumulate " << accumulate
                    << ": " << same << "/" << tried << " so far\n"
                    << std::flush;
        }
      }
    }
  }
  if (all) std::cout << same << "/" << tried << " resumed runs end with the same bytes\n";
  CHECK(same == tried);
}

// Without a regularisation term, and clipped at every step: the scale of one update is all that the
// optimizer could carry into the next.
TEST_CASE("stopped runs whose batches are cut between threads end with the same bytes",
          "[train][sweep]") {
  const bool all = wants_all();
  const std::vector<std::string> words = {"train.batch_size=16", "train.regularization.l2=0",
                                          "train.clip_norm=0.01"};
  for (const std::int64_t accumulate : {1, 2}) {
    Case one("transformer", 0, accumulate, words, /*operation_threads=*/2);
    for (std::int64_t step = 1; step <= kSteps; ++step) {
      if (!all && step != 9 && step != 32) continue;
      INFO("accumulate " << accumulate << ", stopped after step " << step);
      CHECK(one.same_after_stop(step));
    }
  }
}
TEST_CASE("stopped with weights of groups, a run ends with the same bytes", "[train]") {
  for (const std::string method : {"group_dro", "exponentiated_gradient"}) {
    INFO(method);
    const auto fairness =
        "train.fairness={\"method\": \"" + method + "\", \"group\": \"c\", \"step\": 0.1}";
    Case one("mlp", 0, 2, {fairness, "model.norm=layer"}, 2);
    CHECK(one.same_after_stop(7));
    CHECK(one.same_after_stop(30));
  }
}
