// SPDX-License-Identifier: Apache-2.0
// Files: whole reads, atomic durable writes, hashes, locks. Every error names the path and the
// cause.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <candor/error.h>

#include "core/base/durable_file.h"

namespace candor {

// Throws Error{kind}: `path`, what could not be done, and the text of errno.
[[noreturn]] void fail_at(ErrorKind kind, const std::filesystem::path& path, const char* what);

// `what`, beginning with `path`, where it does not begin so already.
std::string at_path(const std::filesystem::path& path, const std::string& what);

// The whole file. Throws Error{kind} when it cannot be read.
std::string read_file(const std::filesystem::path& path, ErrorKind kind);

// Replaces `path` as one step, through a DurableFile. A reader sees the old content or the new,
// never a part. Throws Error{failed}; nothing is left behind.
void write_file_atomic(const std::filesystem::path& path, std::string_view content,
                       FileAccess access = FileAccess::usual);

// The folder and those above it that are missing. Throws Error{failed}.
void make_folders(const std::filesystem::path& path);

// fsync of a file or a folder. Throws Error{failed}.
void sync_path(const std::filesystem::path& path);

// `path` without a slash at its end, so that filename() and parent_path() are those of the folder.
std::filesystem::path without_slash(const std::filesystem::path& path);

// The last component: what a file or folder is called where its place does not matter. "train" of
// "data/train" and of "data/train/".
std::string display_name(const std::filesystem::path& path);

// Lower-case hex SHA-256 of bytes and of a file's content.
std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path, ErrorKind kind);

// Holds an exclusive lock (flock) on `path`, which is created; released on destruction or process
// end. Throws Error{config} "in use" when another process holds it.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace candor
