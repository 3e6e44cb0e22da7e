// SPDX-License-Identifier: Apache-2.0
// A file's bytes in the address space: the system pages them in as they are read, and out again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include <candor/error.h>

namespace candor {

// Read-only, of a regular file. Throws Error{kind} that names the path. A file that another program
// shortens while it is mapped ends the process, as with every mapping.
class MappedFile {
 public:
  MappedFile(const std::filesystem::path& path, ErrorKind kind);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view text() const { return {static_cast<const char*>(bytes_), size_}; }

 private:
  void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace candor
