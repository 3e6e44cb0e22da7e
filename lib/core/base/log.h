// SPDX-License-Identifier: Apache-2.0
// The library's one logger (spdlog, name "candor"). The library writes to it and never to stdout or
// stderr; programs choose the sinks. Without a program that does, nothing is printed.
#pragma once

#include <filesystem>
#include <memory>

#include <spdlog/spdlog.h>

namespace candor {

spdlog::logger& log();

// While it lives, what is logged is kept with its time, so that it can go into a file that does not
// exist yet.
class LogFile {
 public:
  // Collects lines in memory until open(): the first 10,000.
  LogFile();
  // Appends what was collected to the file, and from now on every line as it comes. Called once.
  // Throws Error{failed}.
  void open(const std::filesystem::path& path);
  // A line that was collected and never went into a file is dropped.
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
};

}  // namespace candor
