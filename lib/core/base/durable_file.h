// SPDX-License-Identifier: Apache-2.0
// A file that is written in pieces and appears in one step, with its content on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace candor {

// Who may read a new file. usual: as the process's umask says. owner: nobody but its owner (mode
// 0600), from its first byte on, whatever the umask; for everything that holds rows of the user's
// data.
enum class FileAccess { usual, owner };

// Writes to a hidden temporary beside `path`; commit() fsyncs, renames and fsyncs the folder.
// Destroyed before that, it leaves nothing. Throws Error{failed}; a device, a pipe or a folder at
// `path` is refused, since a rename would put a file in its place. A link to a file is replaced,
// not followed.
class DurableFile {
 public:
  explicit DurableFile(std::filesystem::path path, FileAccess access = FileAccess::usual);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(std::string_view bytes);
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

// A name beside `path` for what is not ready yet: `.NAME.tmp-PID-COUNT`. No other call in this
// process gets it; a process of another machine, or one killed long ago, may have.
std::filesystem::path temporary_beside(const std::filesystem::path& path);

// True for names that temporary_beside() makes, of whatever process.
bool is_temporary_name(const std::string& name);

// What such a name says: the file that was to be, and the process (0: it does not say).
struct TemporaryName {
  std::string file;
  int process = 0;
};
TemporaryName parse_temporary_name(const std::string& name);

}  // namespace candor
