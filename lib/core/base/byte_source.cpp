// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/base/unpacker.h"

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

class UnpackedBytes final : public ByteSource {
 public:
  UnpackedBytes(std::unique_ptr<ByteSource> packed, std::unique_ptr<Unpacker> unpacker,
                fs::path path, ErrorKind kind, const ByteLimits& limits)
      : packed_(std::move(packed)),
        unpacker_(std::move(unpacker)),
        path_(std::move(path)),
        kind_(kind),
        limits_(limits),
        buffer_(1 << 17) {}

  std::size_t read(char* into, std::size_t most) override {
    while (true) {
      if (input_.empty() && !ended_) fill();
      const auto made = unpacker_->unpack(input_, into, most, ended_);
      if (!unpacker_->fault().empty()) {
        fail(unpacker_->fault());
      }
      total_out_ += made;
      check_size();
      if (made > 0) return made;
      if (!ended_ || !input_.empty()) continue;
      if (unpacker_->complete()) return 0;
      fail("is cut short; the file is not whole, get it anew");
    }
  }
  std::string digest() override { return packed_->digest(); }
  std::size_t bytes_read() const override { return packed_->bytes_read(); }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(kind_, path_.string() + ": the " + unpacker_->name() + " data " + what);
  }

  void fill() {
    input_ = {buffer_.data(), packed_->read(buffer_.data(), buffer_.size())};
    total_in_ += input_.size();
    ended_ = input_.empty();
  }

  void check_size() const {
    if (total_out_ <= limits_.small || total_out_ / limits_.ratio <= total_in_) return;
    fail("grows to more than " + std::to_string(limits_.ratio) +
         " times its size, as no data file does; decompress it yourself if you trust it");
  }

  std::unique_ptr<ByteSource> packed_;
  std::unique_ptr<Unpacker> unpacker_;
  fs::path path_;
  ErrorKind kind_;
  ByteLimits limits_;
  std::vector<char> buffer_;
  std::string_view input_;  // of the buffer, not yet unpacked
  bool ended_ = false;      // the packed bytes
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

std::string first_bytes(ByteSource& source, std::size_t most) {
  std::string first(most, '\0');
  std::size_t count = 0;
  while (count < most) {
    const auto more = source.read(first.data() + count, most - count);
    if (more == 0) break;
    count += more;
  }
  first.resize(count);
  return first;
}

bool begins_packed(std::string_view bytes) { return make_unpacker(bytes) != nullptr; }

std::unique_ptr<ByteSource> open_bytes(const fs::path& path, ErrorKind kind, bool digest,
                                       const ByteLimits& limits) {
  std::unique_ptr<ByteSource> file = std::make_unique<FileBytes>(path, kind, digest);
  auto first = first_bytes(*file, 6);
  auto unpacker = make_unpacker(first);
  const auto ending = path.extension();
  if (!unpacker && (ending == ".gz" || ending == ".xz")) {
    throw Error(kind, path.string() + ": its name ends in " + ending.string() +
                          ", but it does not begin as " + (ending == ".gz" ? "gzip" : "xz") +
                          " does; rename it, or get the file anew");
  }
  file = std::make_unique<Rewound>(std::move(first), std::move(file));
  if (!unpacker) return file;
  return std::make_unique<UnpackedBytes>(std::move(file), std::move(unpacker), path, kind, limits);
}

std::unique_ptr<ByteSource> open_raw_bytes(const fs::path& path, ErrorKind kind) {
  return std::make_unique<FileBytes>(path, kind, false);
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
