// SPDX-License-Identifier: Apache-2.0
// A file of JSON lines that grows: metrics.jsonl, timing.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/json.h"

namespace candor {

// Each row is one write() of a whole line, so that a killed process leaves whole lines behind. Rows
// that cannot be written (a full disk) wait in memory: append() warns once and goes on, sync()
// fails.
class LineFile {
 public:
  // No file yet: append() and sync() fail.
  LineFile() = default;
  // Opens for appending; created when missing. Throws Error{failed}.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&& other) noexcept;

  // The row is in the file, or it waits whole. Throws Error{failed} without a file.
  void append(const Json& row);
  // All rows are on the disk. Throws Error{failed}. One thread may append while another syncs.
  void sync();
  // Drops rows whose "step" is greater than `step`, in the file as truncate_lines() does and among
  // those that wait.
  void truncate_after(std::int64_t step);

 private:
  void open();
  bool write_waiting();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::unique_ptr<std::mutex> mutex_;  // of what stands below; null without a file
  std::string waiting_;                // rows that could not be written yet
  bool warned_ = false;
};

// Drops rows whose "step" is greater than `step`, and a last line that is torn; the file is
// replaced in one step. A missing file is left missing. Throws Error{model} naming the line when
// another one is not JSON.
void truncate_lines(const std::filesystem::path& path, std::int64_t step);

}  // namespace candor
