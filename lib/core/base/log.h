// SPDX-License-Identifier: Apache-2.0
// The library's one logger (spdlog, name "candor"). The library writes to it and never to stdout or
// stderr; programs choose the sinks. Without a program that does, nothing is printed.
#pragma once

#include <filesystem>
#include <memory>

#include <spdlog/spdlog.h>

namespace candor {

spdlog::logger& log();

// While it lives, what is logged is appended to a file too, with times. Throws Error{failed}.
class LogFile {
 public:
  explicit LogFile(const std::filesystem::path& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  spdlog::sink_ptr sink_;
};

}  // namespace candor
