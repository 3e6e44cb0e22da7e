// SPDX-License-Identifier: Apache-2.0
// Runs the trials of a search, several side by side, each as a process of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <candor/tune.h>

#include "core/select/child_process.h"
#include "core/select/search_directory.h"
#include "core/select/trial_log.h"
#include "core/select/trial_score.h"

namespace candor {

class TrialRunner {
 public:
  TrialRunner(const RunConfig& config, const TuneOptions& options, const SearchDirectory& search,
              TrialLog& log);

  // Runs what the log does not have yet of `trials` (ascending) in round `rung`; `length` is where
  // a trial pauses, 0: nowhere. Results go into the log in the order of `trials`, whatever ends
  // first, so that the log does not depend on chance. A trial that fails is a result too. False
  // when tune.max_minutes kept some from beginning. Throws Error{stopped} once a stop is asked for
  // and all running trials have written a checkpoint; Error{data} when the data is at fault before
  // any trial is done; Error{failed} when a trial ended for want of disk, once the others have
  // written a checkpoint.
  bool run_round(std::int64_t rung, const std::vector<std::int64_t>& trials, std::int64_t length);

  // Runs `words` behind the program of training to its end, and gives its exit code; stdout and
  // stderr go to the files. Throws Error{stopped} as run_round() does.
  int run_final(const std::vector<std::string>& words, const std::filesystem::path& out,
                const std::filesystem::path& err);

  // Trials at a time.
  std::int64_t parallel() const { return parallel_; }

 private:
  struct Round;  // what run_round() holds while it runs
  struct Running {
    std::int64_t trial;
    ChildProcess process;
  };

  void launch(Round& round);
  void start(Round& round, std::int64_t trial);
  void reap(Round& round);
  void put_into_log(Round& round);
  void check_own_fault(const Round& round, const TrialResult& failed, int code) const;
  TrialResult judge(const Round& round, std::int64_t trial, int code) const;
  bool cut_off(const Round& round, std::int64_t trial, int code) const;
  // Empty, unless the trial ended for want of disk.
  std::string disk_failure(std::int64_t trial, int code) const;
  double reached(std::int64_t trial) const;
  void ask_to_stop(Round& round);
  void tell(const Round& round) const;
  bool out_of_time() const;
  bool stop_requested() const { return options_.stop_requested && options_.stop_requested(); }
  std::string how_to_go_on() const;
  [[noreturn]] void throw_stopped() const;

  const RunConfig& config_;
  const TuneOptions& options_;
  const SearchDirectory& search_;
  TrialLog& log_;
  ScoreRule rule_;
  std::string program_;
  std::int64_t parallel_;
  std::chrono::steady_clock::time_point start_;
};

// The lines of `err`, what a program wrote to stderr, that say what was wrong.
std::string error_lines(const std::filesystem::path& err);

// The words that lead `candor train` to begin or go on with a run in `run`.
std::vector<std::string> run_words(const std::filesystem::path& run);

// "learning_rate 0.003, dropout 0.2": keys by their last part.
std::string values_text(const TrialValues& values);

}  // namespace candor
