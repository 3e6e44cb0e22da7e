// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/fault_point.h"
#include "core/base/files.h"
#include "core/base/log.h"

namespace candor {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  fail_at(ErrorKind::failed, path, "cannot be written");
}

bool is_after(std::string_view line, const std::string& where, std::int64_t step) {
  const auto row = parse_json(line, where, ErrorKind::model);
  if (!row.is_object()) throw Error(ErrorKind::model, where + ": is not a JSON object");
  const auto found = row.find("step");
  return found != row.end() && found->is_number() &&
         found->get<double>() > static_cast<double>(step);
}

// Without a last line that is torn.
std::string rows_until(std::string_view text, const std::filesystem::path& path,
                       std::int64_t step) {
  std::string kept;
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    const auto line = text.substr(begin, end - begin);
    const auto where = path.string() + ":" + std::to_string(number);
    if (!is_after(line, where, step)) kept.append(line).push_back('\n');
    begin = end + 1;
  }
  return kept;
}

}  // namespace

LineFile::LineFile(std::filesystem::path path)
    : path_(std::move(path)), mutex_(std::make_unique<std::mutex>()) {
  open();
}

void LineFile::open() {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_);
}

LineFile::~LineFile() {
  if (descriptor_ < 0) return;
  write_waiting();
  close(descriptor_);
}

LineFile::LineFile(LineFile&& other) noexcept { *this = std::move(other); }

LineFile& LineFile::operator=(LineFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(mutex_, other.mutex_);
  std::swap(waiting_, other.waiting_);
  std::swap(warned_, other.warned_);
  return *this;
}

void LineFile::append(const Json& row) {
  if (descriptor_ < 0) fail_at(ErrorKind::failed, path_, "is not open");
  const std::scoped_lock lock(*mutex_);
  waiting_ += row.dump() + "\n";
  if (write_waiting()) {
    warned_ = false;
  } else if (!std::exchange(warned_, true)) {
    log().warn("{}: cannot be written: {}; its rows wait in memory until it can", path_.string(),
               std::strerror(errno));
  }
}

// All or nothing.
bool LineFile::write_waiting() {
  const auto before = lseek(descriptor_, 0, SEEK_END);
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    const auto written = fault_point(path_) ? -1 : write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      if (ftruncate(descriptor_, before) != 0) errno = 0;  // what is torn is dropped at resume too
      errno = reason;
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  waiting_.clear();
  return true;
}

void LineFile::sync() {
  if (descriptor_ < 0) fail_at(ErrorKind::failed, path_, "is not open");
  {
    const std::scoped_lock lock(*mutex_);
    if (!write_waiting()) fail(path_);
  }
  if (fault_point(path_) || fsync(descriptor_) != 0) fail(path_);
}

void LineFile::truncate_after(std::int64_t step) {
  if (descriptor_ < 0) fail_at(ErrorKind::failed, path_, "is not open");
  const std::scoped_lock lock(*mutex_);
  waiting_ = rows_until(waiting_, path_, step);
  truncate_lines(path_, step);
  close(std::exchange(descriptor_, -1));  // the file may be a new one
  open();
}

void truncate_lines(const std::filesystem::path& path, std::int64_t step) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  const auto text = read_file(path, ErrorKind::model);
  const auto kept = rows_until(text, path, step);
  if (kept != text) write_file_atomic(path, kept);
}

}  // namespace candor
