// SPDX-License-Identifier: Apache-2.0
// A file's content part by part, whatever its size; what is named .gz is unpacked on the way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <candor/error.h>

namespace candor {

class ByteReader {
 public:
  // Throws Error{kind} when `path` is a folder or cannot be opened.
  ByteReader(const std::filesystem::path& path, ErrorKind kind);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  // The next bytes, at most 256 KiB, valid until the next call; empty at the end. gzip files may
  // have several members (RFC 1952). Throws Error{kind} for a file that cannot be read, for one
  // that is not gzip, ends before its time, has a wrong checksum or bytes behind it.
  std::string_view read();

  // Of the file as it lies on the disk; once, after the end.
  std::string digest();
  std::int64_t file_bytes() const { return file_bytes_; }

 private:
  bool fill();
  std::string_view inflate();
  [[noreturn]] void refuse(const std::string& what) const;

  struct State;
  std::unique_ptr<State> state_;
  std::int64_t file_bytes_ = 0;
};

}  // namespace candor
