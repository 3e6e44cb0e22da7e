// SPDX-License-Identifier: Apache-2.0
// A file that is written in pieces and appears in one step, with its content on the disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace candor {

// Writes to a hidden temporary beside `path`; commit() fsyncs, renames and fsyncs the folder.
// Destroyed before that, it leaves nothing. Throws Error{failed}.
class DurableFile {
 public:
  explicit DurableFile(std::filesystem::path path);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(const void* data, std::size_t size);
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

// A name beside `path` that no other process and no other call takes: `.NAME.tmp-PID-COUNT`.
std::filesystem::path temporary_beside(const std::filesystem::path& path);

// True for names that temporary_beside() makes, of whatever process.
bool is_temporary_name(const std::string& name);

}  // namespace candor
