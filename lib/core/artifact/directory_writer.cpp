// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/artifact/manifest.h"
#include "core/artifact/model_directory.h"
#include "core/artifact/quote.h"
#include "core/base/durable_file.h"
#include "core/base/fault_point.h"
#include "core/base/files.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& what, const std::string& reason) {
  throw Error(ErrorKind::failed, path.string() + ": " + what + ": " + reason);
}

fs::path folder_of(const fs::path& path) {
  const auto folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// Files first, then the folders from the inside out, so that no name is durable before its content.
void sync_tree(const fs::path& directory) {
  std::vector<fs::path> folders = {directory};
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_directory()) {
      folders.push_back(entry.path());
    } else {
      sync_path(entry.path());
    }
  }
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) sync_path(*folder);
}

// Swaps two names in one step. False where the file system cannot.
bool exchange(const fs::path& a, const fs::path& b) {
  if (fault_point(b)) fail(b, "cannot be replaced", std::strerror(errno));
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == ENOSYS || errno == EINVAL || errno == ENOTSUP) return false;
  fail(b, "cannot be replaced", std::strerror(errno));
}

void rename_to(const fs::path& from, const fs::path& to) {
  if (fault_point(to) || rename(from.c_str(), to.c_str()) != 0)
    fail(to, "cannot be put in place", std::strerror(errno));
}

void remove_tree(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

// After this, `from` is gone or holds the old folder.
void replace_folder(const fs::path& from, const fs::path& to) {
  if (exchange(from, to)) return;
  const auto aside = temporary_beside(to);
  rename_to(to, aside);
  try {
    rename_to(from, to);
  } catch (...) {
    rename(aside.c_str(), to.c_str());  // the old folder was complete: put it back
    throw;
  }
  remove_tree(aside);
}

}  // namespace

DirectoryWriter::DirectoryWriter(fs::path target)
    : target_(without_slash(target.lexically_normal())) {
  std::error_code error;
  if (fault_point(target_)) fail(target_, "cannot create the folder", std::strerror(errno));
  fs::create_directories(folder_of(target_), error);
  if (error) fail(folder_of(target_), "cannot create the folder", error.message());
  do {
    temporary_ = temporary_beside(target_);
  } while (!fs::create_directory(temporary_, error) && !error);  // the name may be taken
  if (error) fail(target_, "cannot create the folder", error.message());
}

DirectoryWriter::~DirectoryWriter() {
  if (!temporary_.empty()) remove_tree(temporary_);
}

fs::path DirectoryWriter::path(const std::string& name) const {
  const auto wrong = name_fault(name);
  if (!wrong.empty())
    throw Error(ErrorKind::failed,
                target_.string() + ": the file name " + quote(name) + " " + wrong);
  const auto path = temporary_ / name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(path.parent_path(), "cannot create the folder", error.message());
  return path;
}

void DirectoryWriter::write(const std::string& name, std::string_view content) {
  if (fault_point(target_ / name)) fail(target_ / name, "cannot be written", std::strerror(errno));
  std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) fail(target_ / name, "cannot be written", std::strerror(errno));
}

std::string DirectoryWriter::commit(bool replace) {
  const auto text = manifest_json(scan_directory(temporary_)).dump(2) + "\n";
  {
    DurableFile manifest(temporary_ / kManifestName);
    manifest.write(text);
    sync_tree(temporary_);
    manifest.commit();
  }
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(target_, ignored))) {
    rename_to(temporary_, target_);
  } else if (replace) {
    replace_folder(temporary_, target_);
  } else {
    throw Error(ErrorKind::config,
                target_.string() +
                    ": exists already; pass --overwrite to replace it, or choose another folder");
  }
  sync_path(folder_of(target_));
  remove_tree(temporary_);  // the folder that was replaced
  temporary_.clear();
  return sha256(text);
}

}  // namespace candor
