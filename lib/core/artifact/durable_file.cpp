// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/files.h"

namespace candor {
namespace {

// One write() takes at most 2^31 - 4096 bytes on Linux; smaller pieces keep signals prompt.
constexpr std::size_t kPiece = 64u << 20;

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  const std::string reason = std::strerror(errno);
  throw Error(ErrorKind::failed, path.string() + ": cannot " + what + ": " + reason);
}

}  // namespace

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> count{0};
  return path.parent_path() /
         fmt::format(".{}.tmp-{}-{}", path.filename().string(), getpid(), count.fetch_add(1));
}

bool is_temporary_name(const std::string& name) {
  const auto mark = name.rfind(".tmp-");
  return name.size() > 1 && name.front() == '.' && mark != std::string::npos && mark > 0;
}

DurableFile::DurableFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(temporary_beside(path_)) {
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, "write");
}

DurableFile::~DurableFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

void DurableFile::write(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const auto written = ::write(descriptor_, bytes, std::min(size, kPiece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void DurableFile::commit() {
  // A failed fsync may have dropped the dirty pages: it is never tried again, the file is given up.
  if (fsync(descriptor_) != 0) fail(path_, "write to disk");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "rename into place");
  close(std::exchange(descriptor_, -1));
  const auto folder = path_.parent_path();
  sync_path(folder.empty() ? "." : folder);
}

}  // namespace candor
