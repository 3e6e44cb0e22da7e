// SPDX-License-Identifier: Apache-2.0
#include "core/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "core/base/files.h"

namespace candor {

MappedFile::MappedFile(const std::filesystem::path& path, ErrorKind kind) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_at(kind, path, "cannot be opened");
  struct stat facts {};
  const bool regular = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  size_ = regular ? static_cast<std::size_t>(facts.st_size) : 0;
  if (size_ > 0) bytes_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  ::close(descriptor);
  if (!regular) {
    throw Error(kind, path.string() + ": is no regular file; copy it into one first");
  }
  if (bytes_ == MAP_FAILED) fail_at(kind, path, "cannot be read");
  if (bytes_ != nullptr) ::madvise(bytes_, size_, MADV_SEQUENTIAL);
}

MappedFile::~MappedFile() {
  if (bytes_ != nullptr && bytes_ != MAP_FAILED) ::munmap(bytes_, size_);
}

}  // namespace candor
