// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_source.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/files.h"
#include "core/base/sha256.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

class FileBytes final : public ByteSource {
 public:
  FileBytes(const fs::path& path, ErrorKind kind, bool digest) : path_(path), kind_(kind) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      throw Error(kind, path.string() + ": is a folder, but a file is expected");
    }
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_at(kind, path, "cannot be opened");
    if (digest) hash_.emplace();
  }
  ~FileBytes() override { ::close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::size_t read(char* into, std::size_t most) override {
    while (true) {
      const auto count = ::read(descriptor_, into, most);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_at(kind_, path_, "cannot be read");
      if (hash_) hash_->add({into, static_cast<std::size_t>(count)});
      bytes_ += static_cast<std::size_t>(count);
      return static_cast<std::size_t>(count);
    }
  }
  std::size_t bytes_read() const override { return bytes_; }
  std::string digest() override { return hash_ ? hash_->hex() : std::string(); }

 private:
  fs::path path_;
  ErrorKind kind_;
  int descriptor_ = -1;
  std::size_t bytes_ = 0;
  std::optional<Sha256> hash_;
};

// The first bytes again, then the rest.
class Rewound final : public ByteSource {
 public:
  Rewound(std::string first, std::unique_ptr<ByteSource> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}
  std::size_t read(char* into, std::size_t most) override {
    if (at_ == first_.size()) return rest_->read(into, most);
    const auto count = std::min(most, first_.size() - at_);
    std::memcpy(into, first_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::string digest() override { return rest_->digest(); }
  std::size_t bytes_read() const override { return rest_->bytes_read(); }

 private:
  std::string first_;
  std::size_t at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

class GzipBytes final : public ByteSource {
 public:
  GzipBytes(std::unique_ptr<ByteSource> packed, fs::path path, ErrorKind kind,
            const ByteLimits& limits)
      : packed_(std::move(packed)),
        path_(std::move(path)),
        kind_(kind),
        limits_(limits),
        input_(1 << 17) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  std::size_t read(char* into, std::size_t most) override {
    constexpr std::size_t kMost = 1u << 30;
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(std::min(most, kMost));
    const auto wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && step()) {
    }
    const auto count = wanted - stream_.avail_out;
    total_out_ += count;
    check_size();
    return count;
  }
  std::string digest() override { return packed_->digest(); }
  std::size_t bytes_read() const override { return packed_->bytes_read(); }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(kind_, path_.string() + ": " + what);
  }

  // False at the end of the file, which must be that of a member.
  bool step() {
    if (stream_.avail_in == 0) fill();
    if (stream_.avail_in == 0) {
      if (inside_) fail("the gzip data is cut short; the file is not whole, get it anew");
      return false;
    }
    inside_ = true;
    const auto status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      inside_ = false;
      inflateReset(&stream_);
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      const char* reason = stream_.msg != nullptr ? stream_.msg : "no gzip data";
      fail(std::string("the gzip data is damaged (") + reason + "); get the file anew");
    }
    return true;
  }

  void fill() {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(packed_->read(input_.data(), input_.size()));
    total_in_ += stream_.avail_in;
  }

  void check_size() const {
    if (total_out_ <= limits_.small || total_out_ / limits_.ratio <= total_in_) return;
    fail("the gzip data grows to more than " + std::to_string(limits_.ratio) +
         " times its size, as no data file does; decompress it yourself if you trust it");
  }

  std::unique_ptr<ByteSource> packed_;
  fs::path path_;
  ErrorKind kind_;
  ByteLimits limits_;
  std::vector<char> input_;
  z_stream stream_{};
  bool inside_ = true;  // of a member; an empty file is none
  std::size_t total_in_ = 0, total_out_ = 0;
};

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string_view text) : text_(text) {}
  std::size_t read(char* into, std::size_t most) override {
    const auto count = std::min(most, text_.size());
    if (count == 0) return 0;
    std::memcpy(into, text_.data(), count);
    text_.remove_prefix(count);
    bytes_ += count;
    return count;
  }
  std::size_t bytes_read() const override { return bytes_; }

 private:
  std::string_view text_;
  std::size_t bytes_ = 0;
};

}  // namespace

bool begins_as_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

std::unique_ptr<ByteSource> open_bytes(const fs::path& path, ErrorKind kind, bool digest,
                                       const ByteLimits& limits) {
  std::unique_ptr<ByteSource> file = std::make_unique<FileBytes>(path, kind, digest);
  std::string first(2, '\0');
  std::size_t count = 0;
  while (count < first.size()) {
    const auto more = file->read(first.data() + count, first.size() - count);
    if (more == 0) break;
    count += more;
  }
  first.resize(count);
  const bool packed = begins_as_gzip(first);
  if (!packed && path.extension() == ".gz") {
    throw Error(kind, path.string() +
                          ": its name ends in .gz, but it does not begin as gzip does; "
                          "rename it, or get the file anew");
  }
  file = std::make_unique<Rewound>(std::move(first), std::move(file));
  if (!packed) return file;
  return std::make_unique<GzipBytes>(std::move(file), path, kind, limits);
}

std::unique_ptr<ByteSource> bytes_of(std::string_view text) {
  return std::make_unique<MemoryBytes>(text);
}

FileDigest digest_file(const fs::path& path, ErrorKind kind) {
  FileBytes file(path, kind, true);
  std::vector<char> part(1 << 18);
  while (file.read(part.data(), part.size()) > 0) {
  }
  return {file.digest(), file.bytes_read()};
}

std::string read_rest(ByteSource& source) {
  std::string text;
  std::vector<char> part(1 << 17);
  while (const auto count = source.read(part.data(), part.size())) text.append(part.data(), count);
  return text;
}

}  // namespace candor
