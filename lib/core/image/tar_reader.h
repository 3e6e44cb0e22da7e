// SPDX-License-Identifier: Apache-2.0
// Members of a tar archive, one after the other (POSIX.1-2001 ustar and pax; GNU long names).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_source.h"

namespace candor {

struct TarMember {
  std::string name;  // relative, without "./" and without a step that is ".."
  std::int64_t size = 0;
  std::int64_t offset = 0;  // of its first byte in the archive
};

// Archives come from anywhere, so whatever could reach outside of them is refused: absolute names,
// "..", symbolic and hard links, devices; sparse files too. Nothing is ever written to disk.
class TarReader {
 public:
  // The archive's bytes, and its name for messages.
  TarReader(ByteSource& bytes, std::string name);

  // The next regular file; false after the end mark. What is left of the last one is passed over.
  // Throws Error{data}: damaged, ends early, or a member that is refused.
  bool next(TarMember& member);
  // The member's bytes, or what next() left of them.
  void read(std::string& out);

 private:
  static constexpr std::size_t kBlock = 512;

  // What a header before the member's own says of it.
  struct Extension {
    std::string path;
    std::int64_t size = -1;
  };

  [[noreturn]] void refuse(const std::string& what) const;
  [[noreturn]] void refuse_member(const std::string& name, const std::string& what) const;
  bool fill();         // false: the archive's end
  bool read_header();  // false: a block of zeros
  void take(char* to, std::size_t count);
  void skip(std::int64_t count);
  void skip_member();
  std::int64_t number(std::size_t at, std::size_t length) const;
  std::string text(std::size_t at, std::size_t length) const;
  std::string extension_body(std::int64_t size);
  void read_pax(const std::string& body, Extension& extension) const;
  void check_type(char type, const std::string& name) const;
  std::string safe_name(const std::string& name) const;

  ByteSource& bytes_;
  std::string archive_;
  std::vector<char> buffer_;
  std::string_view pending_;  // of the buffer
  std::array<char, kBlock> header_{};
  std::int64_t position_ = 0;
  std::int64_t left_ = 0;     // bytes of the member
  std::int64_t padding_ = 0;  // bytes after it
};

// Whether `block` (512 bytes at least) is a tar header: its checksum is right.
bool is_tar_header(std::string_view block);

}  // namespace candor
