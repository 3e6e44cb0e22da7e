// SPDX-License-Identifier: Apache-2.0
// The images in a tar archive, at hand in any order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/image/decode.h"

namespace candor {

class ImageArchive {
 public:
  // Reads the archive once, to its end. A plain .tar stays on the disk and is read where its
  // members lie; of a packed one, images are kept in memory, `most_bytes` at most. Throws
  // Error{data}.
  ImageArchive(const std::filesystem::path& path, std::int64_t most_bytes);
  ~ImageArchive();
  ImageArchive(const ImageArchive&) = delete;
  ImageArchive& operator=(const ImageArchive&) = delete;

  // Members that is_image_name() takes for images, in the archive's order.
  struct Member {
    std::string name;
    std::int64_t size = 0;
    std::int64_t offset = 0;
    std::string bytes;  // when it is packed, and not larger than an image may be
  };
  const std::vector<Member>& members() const { return members_; }
  // Bytes that are kept in memory.
  std::int64_t kept_bytes() const { return kept_; }

  // Thread-safe. Throws Error{data}.
  std::string read(std::size_t member) const;

 private:
  std::filesystem::path path_;
  std::vector<Member> members_;
  int file_ = -1;  // of a plain archive
  std::int64_t kept_ = 0;
};

// Whether the file's first bytes, once unpacked, are those of a tar archive. Throws Error{data}: it
// cannot be read, is not packed as its name says, or is cut short.
bool is_archive(const std::filesystem::path& path);

}  // namespace candor
