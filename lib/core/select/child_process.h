// SPDX-License-Identifier: Apache-2.0
// A program that runs beside this one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace candor {

// In a process group of its own, so that a Ctrl-C in the terminal reaches only who started it,
// which decides what becomes of it. It does not outlive the thread that started it: the kernel
// kills it then. Destroying an object whose program still runs kills and reaps it.
class ChildProcess {
 public:
  // `words` are the path of a program and its arguments; stdout and stderr go to the files (both
  // are made or emptied). Throws Error{failed}.
  ChildProcess(const std::vector<std::string>& words, const std::filesystem::path& out,
               const std::filesystem::path& err);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  // How it ended, once it has: its exit code, or 128 + the signal that killed it.
  std::optional<int> ended();
  void signal(int number) const;

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

}  // namespace candor
