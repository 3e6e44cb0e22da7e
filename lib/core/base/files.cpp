// SPDX-License-Identifier: Apache-2.0
#include "core/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/fault_point.h"
#include "core/base/sha256.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

// Calls `take` with the file's bytes, part by part.
template <class Take>
void read_parts(const fs::path& path, ErrorKind kind, Take&& take) {
  const Descriptor file(path, O_RDONLY);
  if (file.value() < 0) fail_at(kind, path, "cannot be opened");
  std::array<char, 1 << 16> buffer;
  while (true) {
    const auto count = ::read(file.value(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_at(kind, path, "cannot be read");
    if (count == 0) return;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

}  // namespace

void fail_at(ErrorKind kind, const fs::path& path, const char* what) {
  const std::string reason = std::strerror(errno);
  throw Error(kind, path.string() + ": " + what + ": " + reason);
}

std::string at_path(const fs::path& path, const std::string& what) {
  return what.starts_with(path.string()) ? what : path.string() + ": " + what;
}

std::string read_file(const fs::path& path, ErrorKind kind) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error(kind, path.string() + ": is a folder, but a file is expected");
  }
  std::string content;
  read_parts(path, kind, [&](std::string_view part) { content += part; });
  return content;
}

void write_file_atomic(const fs::path& path, std::string_view content, FileAccess access) {
  DurableFile file(path, access);
  file.write(content);
  file.commit();
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return;
  throw Error(ErrorKind::failed, path.string() + ": the folder cannot be made: " + error.message());
}

void sync_path(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.value() < 0) fail_at(ErrorKind::failed, path, "cannot be opened");
  if (fault_point(path) || ::fsync(file.value()) != 0)
    fail_at(ErrorKind::failed, path, "cannot be made durable");
}

fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

std::string display_name(const fs::path& path) { return without_slash(path).filename().string(); }

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256_file(const fs::path& path, ErrorKind kind) {
  Sha256 hash;
  read_parts(path, kind, [&](std::string_view part) { hash.add(part); });
  return hash.hex();
}

FileLock::FileLock(const fs::path& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail_at(ErrorKind::failed, path, "cannot be opened");
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const bool busy = errno == EWOULDBLOCK;
  ::close(descriptor_);
  if (!busy) fail_at(ErrorKind::failed, path, "cannot be locked");
  throw Error(ErrorKind::config,
              path.parent_path().string() +
                  ": in use by another process; wait for it, or use another folder");
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace candor
