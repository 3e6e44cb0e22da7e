// SPDX-License-Identifier: Apache-2.0
// A file of JSON lines that grows: metrics.jsonl, timing.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/json.h"

namespace candor {

// Each row is one write() of a whole line, so that a killed process leaves whole lines behind.
class LineFile {
 public:
  // No file yet: append() and sync() fail.
  LineFile() = default;
  // Opens for appending; created when missing. Throws Error{failed}.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&& other) noexcept;

  // Throws Error{failed}; then no part of the row stays in the file.
  void append(const Json& row);
  // The rows are on the disk. Throws Error{failed}.
  void sync();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

// Drops rows whose "step" is greater than `step`, and a last line that is torn; the file is
// replaced in one step. A missing file is left missing. Throws Error{model} naming the line when
// another one is not JSON.
void truncate_lines(const std::filesystem::path& path, std::int64_t step);

}  // namespace candor
