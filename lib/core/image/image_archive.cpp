// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <candor/error.h>

#include "core/base/byte_source.h"
#include "core/base/files.h"
#include "core/image/list_images.h"
#include "core/image/tar_reader.h"

namespace candor {
namespace {

// Images hardly shrink; the copies of one do.
constexpr ByteLimits kArchiveLimits{kMostRatio, std::size_t{64} << 20};

bool is_hidden(const std::string& name) {
  return std::filesystem::path(name).filename().string().starts_with('.');
}

bool is_packed(const std::filesystem::path& path) {
  return begins_packed(first_bytes(*open_raw_bytes(path, ErrorKind::data), 6));
}

bool fits(std::int64_t size) { return size <= kFileLimits.max_bytes; }

}  // namespace

bool is_archive(const std::filesystem::path& path) {
  const auto source = open_bytes(path, ErrorKind::data, false, kArchiveLimits);
  return is_tar_header(first_bytes(*source, 512));
}

ImageArchive::ImageArchive(const std::filesystem::path& path, std::int64_t most_bytes)
    : path_(path) {
  const bool packed = is_packed(path);
  if (!packed) {
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) fail_at(ErrorKind::data, path, "cannot be opened");
  }
  try {
    const auto bytes = open_bytes(path, ErrorKind::data, false, kArchiveLimits);
    TarReader tar(*bytes, path.string());
    TarMember found;
    while (tar.next(found)) {
      if (!is_image_name(found.name) || is_hidden(found.name)) continue;
      Member member{std::move(found.name), found.size, found.offset, {}};
      if (packed && fits(member.size)) {
        kept_ += member.size;
        if (kept_ > most_bytes) {
          throw Error(ErrorKind::data,
                      path.string() +
                          ": the images of a packed archive are kept in memory, and "
                          "these are more than " +
                          std::to_string(most_bytes >> 20) +
                          " MiB; unpack it into a folder, or raise data.memory");
        }
        tar.read(member.bytes);
      }
      members_.push_back(std::move(member));
    }
  } catch (...) {
    if (file_ >= 0) ::close(file_);
    throw;
  }
}

ImageArchive::~ImageArchive() {
  if (file_ >= 0) ::close(file_);
}

std::string ImageArchive::read(std::size_t index) const {
  const auto& member = members_[index];
  const auto name = path_.string() + "/" + member.name;
  check_image_bytes(name, static_cast<std::uintmax_t>(member.size), kFileLimits);
  if (file_ < 0) return member.bytes;
  std::string bytes(static_cast<std::size_t>(member.size), '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const auto count = ::pread(file_, bytes.data() + at, bytes.size() - at,
                               member.offset + static_cast<std::int64_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_at(ErrorKind::data, name, "cannot be read");
    if (count == 0) throw Error(ErrorKind::data, name + ": the archive became shorter");
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace candor
