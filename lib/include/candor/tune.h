// SPDX-License-Identifier: Apache-2.0
// The search for settings, from a resolved config to a directory with all trials and the model of
// the best one. Needs no LibTorch: every trial is a `candor-train` of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <candor/config.h>

namespace candor {

struct TuneOptions {
  std::string run_directory;    // empty: runs/<name>-tune-<UTC time>
  bool resume = false;          // go on with run_directory from its log
  bool overwrite = false;       // replace an earlier search
  std::string device = "auto";  // of every trial and of the final training
  // Inside each trial, and in the final training; empty: one, and all cores.
  std::optional<int> threads;
  bool json = false;          // TuneResult::text is one JSON document
  bool color = false;         // TuneResult::text may use terminal colours
  std::string train_program;  // empty: candor-train beside this program
  // Polled while trials run; true: they are asked to stop, then Error{stopped}.
  std::function<bool()> stop_requested;
  // One line of progress, which replaces the one before.
  std::function<void(const std::string& line)> progress;
};

struct TuneResult {
  std::string run_directory;
  std::string text;    // for stdout: the best trials, the choice and the final report, or JSON
  bool passed = true;  // every gate of the final report
};

// Throws Error of every kind; see exit codes in error.h.
CANDOR_API TuneResult tune(const RunConfig& config, const TuneOptions& options);

}  // namespace candor
