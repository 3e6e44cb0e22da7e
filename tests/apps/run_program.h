// SPDX-License-Identifier: Apache-2.0
// Runs the real programs, without a shell: arguments in, exit code and both streams out, with a
// time limit.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace candor::test {

struct RunOptions {
  std::string input;                             // stdin
  std::filesystem::path folder = ".";            // working directory
  std::map<std::string, std::string> variables;  // added to the environment
  std::chrono::seconds limit{120};               // then SIGKILL
};

struct Outcome {
  int exit_code = -1;  // 128 + signal when a signal ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

// A program that runs beside the test. Killed and reaped on destruction.
class Process {
 public:
  // `words` are program and arguments; a program without a slash is taken from the build's bin
  // folder, then from PATH.
  explicit Process(std::vector<std::string> words, const RunOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running();
  void signal(int number) const;
  // Waits until the program ends, or kills it at the limit.
  Outcome wait();
  // What it has written so far.
  std::string out() const;
  std::string err() const;
  // Waits until stdout or stderr holds `text`; false when the program ended or the limit passed
  // first.
  bool wait_for(const std::string& text);

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::filesystem::path files_;  // folder with the streams
  std::chrono::steady_clock::time_point deadline_;
};

// Where a program of the build is; any other name stays as it is.
std::string program(const std::string& name);

// Runs to the end.
Outcome run(std::vector<std::string> words, const RunOptions& options = {});

// `candor WORDS...`.
Outcome run_candor(std::vector<std::string> words, const RunOptions& options = {});

// Splits a command line of the documentation into words; single and double quotes group.
std::vector<std::string> split_words(const std::string& line);

}  // namespace candor::test
