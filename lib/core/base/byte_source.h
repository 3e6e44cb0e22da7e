// SPDX-License-Identifier: Apache-2.0
// The bytes of a file from front to back, gzip and xz undone on the way.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <candor/error.h>

namespace candor {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `most` (> 0) of the next bytes; 0 only at the end. Throws Error.
  virtual std::size_t read(char* into, std::size_t most) = 0;
  // Lower-case hex SHA-256 of the bytes as they lie on the disk, once all were read; empty unless
  // it was asked for.
  virtual std::string digest() { return {}; }
  // Bytes read so far, as they lie on the disk.
  virtual std::size_t bytes_read() const = 0;
};

struct ByteLimits {
  // A packed file may become at most this many times as long as it is, and longer only up to
  // `small`. Deflate ends at 1032, xz at some 7000; text hardly passes 20.
  std::size_t ratio = 200;
  std::size_t small = 64u << 20;
};

// Opens a file. One that begins as gzip (RFC 1952) or xz does is decompressed, all its members in
// turn, each held against its checksums; one whose name ends in .gz or .xz must begin so. Throws
// Error{kind}: cannot be opened or read, a folder, not what its name says; in read(): damaged, cut
// short, too large by `limits`.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path, ErrorKind kind,
                                       bool digest = false, const ByteLimits& limits = {});

// Opens a file as it lies on the disk. Throws as above.
std::unique_ptr<ByteSource> open_raw_bytes(const std::filesystem::path& path, ErrorKind kind);

// The same for bytes in memory that outlive it; nothing is decompressed.
std::unique_ptr<ByteSource> bytes_of(std::string_view text);

struct FileDigest {
  std::string sha256;  // lower-case hex
  std::size_t bytes = 0;
};

// Of a file as it lies on the disk. Throws Error{kind} as open_bytes() does.
FileDigest digest_file(const std::filesystem::path& path, ErrorKind kind);

// The next bytes, `most` of them unless the end comes before.
std::string first_bytes(ByteSource& source, std::size_t most);

// Everything that is left.
std::string read_rest(ByteSource& source);

// Whether a file that begins with `bytes` (6 at least, if it has them) is gzip or xz.
bool begins_packed(std::string_view bytes);

}  // namespace candor
