// SPDX-License-Identifier: Apache-2.0
// Training, from a resolved config to a run directory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

struct TrainOptions {
  std::vector<std::string> words;  // of the command line that made the config, for messages
  std::string run_directory;       // empty: runs/<name>-<UTC time>
  bool resume = false;             // continue run_directory from its last checkpoint
  bool overwrite = false;          // replace an existing run directory
  bool dry_run = false;            // data summary, parameters, memory and time; leaves no file
  // Train a little at rising rates and say which one to take; leaves no file.
  bool find_learning_rate = false;
  bool hold_back_test = false;  // no look at the test rows: the report is about validation rows
  // Where this many epochs (updates, where train.steps is set) are done: checkpoint, then
  // Error{stopped}. 0: nowhere.
  std::int64_t stop_after = 0;
  bool folds_only = false;      // end after cross_validation, without a model
  std::string profile;          // a Chrome trace is written there; empty: none
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
  int threads = 0;              // intra-op threads; 0: all cores
  bool json = false;            // TrainResult::text is one JSON document
  bool color = false;           // TrainResult::text may use terminal colours
  // Polled after each step; true: checkpoint, then Error{stopped}. With find_learning_rate, which
  // cannot be resumed: Error{failed}.
  std::function<bool()> stop_requested;
  // One line of progress, which replaces the one before; the last one stays.
  std::function<void(const std::string& line, bool last)> progress;
};

struct TrainResult {
  std::string run_directory;
  std::string text;    // for stdout: the final table, or JSON
  bool passed = true;  // every gate of the test report
};

// Throws Error of every kind; see exit codes in error.h.
CANDOR_API TrainResult train(const RunConfig& config, const TrainOptions& options);

}  // namespace candor
