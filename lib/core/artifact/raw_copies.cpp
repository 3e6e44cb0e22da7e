// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/raw_copies.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

#include "core/artifact/run_directory.h"
#include "core/base/cache_mark.h"
#include "core/base/durable_file.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLink = "is a symbolic link; what it points to is not part of the run";

fs::file_type type_of(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type();
}

std::int64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  if (error) {
    throw Error(ErrorKind::failed, folder.string() + ": cannot be read: " + error.message());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

class Finder {
 public:
  explicit Finder(const fs::path& run) : run_(run) {}

  RawCopies find() {
    find_predictions();
    take(run_ / kLedgerName, "ledger");
    for (const auto& entry : entries_of(run_)) {
      if (is_temporary_name(entry.filename().string())) take(entry, "unfinished file");
    }
    find_caches();
    find_folds();
    return std::move(copies_);
  }

 private:
  void take(const fs::path& path, const char* what) {
    switch (type_of(path)) {
      case fs::file_type::regular: copies_.found.push_back({path, size_of(path), what}); return;
      case fs::file_type::not_found: return;
      case fs::file_type::symlink: copies_.left.push_back({path, kLink}); return;
      default: copies_.left.push_back({path, "is no regular file"});
    }
  }

  void find_predictions() {
    const auto folder = run_ / kPredictionsFolder;
    const auto type = type_of(folder);
    if (type == fs::file_type::not_found) return;
    if (type != fs::file_type::directory) {
      copies_.left.push_back({folder, type == fs::file_type::symlink ? kLink : "is no folder"});
      return;
    }
    for (const auto& entry : entries_of(folder)) take(entry, "predictions");
  }

  // Each is a run of its own.
  void find_folds() {
    const auto folder = run_ / "folds";
    if (type_of(folder) != fs::file_type::directory) return;
    for (const auto& entry : entries_of(folder)) {
      if (type_of(entry) != fs::file_type::directory || !is_run_directory(entry)) continue;
      const auto more = Finder(entry).find();
      for (const auto& copy : more.found) add(copy);
      copies_.left.insert(copies_.left.end(), more.left.begin(), more.left.end());
    }
  }

  // A cache that several runs used is one file.
  void add(const RawCopy& copy) {
    const bool known = std::any_of(copies_.found.begin(), copies_.found.end(),
                                   [&](const RawCopy& other) { return other.path == copy.path; });
    if (!known) copies_.found.push_back(copy);
  }

  void find_caches() {
    const auto path = run_ / "environment.json";
    if (type_of(path) != fs::file_type::regular) return;
    const auto json = parse_json_file(path.string(), ErrorKind::model);
    const auto caches = json.is_object() ? json.find("caches") : json.end();
    if (!json.is_object() || caches == json.end() || !caches->is_array()) return;
    for (const auto& entry : *caches) {
      if (entry.is_string()) take_cache(entry.get<std::string>());
    }
  }

  void take_cache(const fs::path& path) {
    const auto type = type_of(path);
    if (type == fs::file_type::not_found) return;
    if (type == fs::file_type::symlink) {
      copies_.left.push_back({path, "is a symbolic link"});
    } else if (type != fs::file_type::regular || !is_cache(path)) {
      copies_.left.push_back(
          {path, "environment.json calls it a cache, but it is none of candor's"});
    } else {
      copies_.found.push_back({path, size_of(path), "cache"});
      if (places_.insert(path.parent_path() / path.extension()).second) take_unfinished(path);
    }
  }

  // What programs left beside `cache` that were killed while they wrote one.
  void take_unfinished(const fs::path& cache) {
    for (const auto& entry : entries_of(cache.parent_path())) {
      const auto name = entry.filename().string();
      if (type_of(entry) != fs::file_type::regular || !is_temporary_name(name)) continue;
      const auto [file, process] = parse_temporary_name(name);
      if (fs::path(file).extension() != cache.extension()) continue;
      if (process <= 0 || kill(process, 0) == 0 || errno != ESRCH) continue;
      copies_.found.push_back({entry, size_of(entry), "unfinished cache"});
    }
  }

  static bool is_cache(const fs::path& path) {
    constexpr std::int64_t kEnd = 16;
    std::ifstream file(path, std::ios::binary);
    const auto has_mark = [&](std::int64_t from) {
      std::array<char, kEnd> bytes{};
      file.clear();
      file.seekg(from);
      file.read(bytes.data(), bytes.size());
      const std::string_view text(bytes.data(), static_cast<std::size_t>(file.gcount()));
      return text.find(kCacheMark) != std::string_view::npos;
    };
    return has_mark(0) || has_mark(std::max<std::int64_t>(size_of(path) - kEnd, 0));
  }

  fs::path run_;
  RawCopies copies_;
  std::set<fs::path> places_;  // of caches: folder and ending
};

// Holds a folder open, so that what happens in it is not led elsewhere by a link.
class OpenFolder {
 public:
  explicit OpenFolder(const fs::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}
  ~OpenFolder() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  int value() const { return descriptor_; }

 private:
  int descriptor_;
};

void unlink_file(const fs::path& path) {
  const auto parent = path.parent_path();
  const OpenFolder folder(parent.empty() ? "." : parent);
  if (folder.value() < 0 && errno == ENOENT) return;
  if (folder.value() < 0) fail_at(ErrorKind::failed, path, "cannot be deleted");
  if (::unlinkat(folder.value(), path.filename().c_str(), 0) != 0 && errno != ENOENT) {
    fail_at(ErrorKind::failed, path, "cannot be deleted");
  }
  ::fsync(folder.value());
}

}  // namespace

RawCopies find_raw_copies(const fs::path& run) {
  if (!is_run_directory(run)) {
    throw Error(ErrorKind::config, run.string() +
                                       ": is not a run directory of candor; pass the folder that "
                                       "candor train made");
  }
  return Finder(without_slash(run)).find();
}

void remove_raw_copies(const fs::path& run, const RawCopies& copies) {
  for (const auto& copy : copies.found) unlink_file(copy.path);
  std::error_code ignored;
  fs::remove(without_slash(run) / kPredictionsFolder, ignored);  // only if it is empty now
}

}  // namespace candor
