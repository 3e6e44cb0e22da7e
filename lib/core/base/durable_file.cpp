// SPDX-License-Identifier: Apache-2.0
#include "core/base/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/base/fault_point.h"
#include "core/base/files.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// Between the name of a file and the process that writes it.
constexpr std::string_view kTemporaryMark = ".tmp-";
// One write() takes at most 2^31 - 4096 bytes on Linux; smaller pieces keep signals prompt.
constexpr std::size_t kPiece = 64u << 20;

void refuse_other_than_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw Error(ErrorKind::failed, path.string() +
                                     ": is there and is no regular file, so that it cannot be "
                                     "replaced by one; choose another path");
}

}  // namespace

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  return path.parent_path() / fmt::format(".{}{}{}-{}", path.filename().string(), kTemporaryMark,
                                          getpid(), count.fetch_add(1));
}

bool is_temporary_name(const std::string& name) {
  const auto mark = name.rfind(kTemporaryMark);
  return name.size() > 1 && name.front() == '.' && mark != std::string::npos && mark > 0;
}

TemporaryName parse_temporary_name(const std::string& name) {
  const auto mark = name.rfind(kTemporaryMark);
  return {name.substr(1, mark - 1), std::atoi(name.c_str() + mark + kTemporaryMark.size())};
}

DurableFile::DurableFile(fs::path path, FileAccess access) : path_(std::move(path)) {
  const mode_t mode = access == FileAccess::owner ? 0600 : 0666;
  refuse_other_than_file(path_);
  do {
    temporary_ = temporary_beside(path_);
    if (fault_point(path_)) break;
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail_at(ErrorKind::failed, path_, "cannot be written");
}

DurableFile::~DurableFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

void DurableFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = fault_point(path_)
                             ? -1
                             : ::write(descriptor_, bytes.data(), std::min(bytes.size(), kPiece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_at(ErrorKind::failed, path_, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void DurableFile::commit() {
  // A failed fsync may have dropped the dirty pages: it is never tried again, the file is given up.
  if (fault_point(path_) || fsync(descriptor_) != 0)
    fail_at(ErrorKind::failed, path_, "cannot be made durable");
  if (fault_point(path_) || rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_at(ErrorKind::failed, path_, "cannot be put in place");
  }
  close(std::exchange(descriptor_, -1));
  const auto folder = path_.parent_path();
  sync_path(folder.empty() ? "." : folder);
}

}  // namespace candor
