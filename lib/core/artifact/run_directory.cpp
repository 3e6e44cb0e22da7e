// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/run_directory.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/durable_file.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = ".candor-run";
constexpr const char* kLock = ".lock";
constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kTiming = "timing.jsonl";
constexpr std::string_view kEvents = "events.out.tfevents.";

// What is made when training has ended, or does not come to its end (run_end.h).
constexpr std::array kResults = {"predictions", "model",     "report.json",
                                 "report.html", "report.md", "ended.json"};
constexpr std::array kFiles = {"config.json", "environment.json",     kMetrics,           kTiming,
                               "log.txt",     kCheckpointsName,       "quarantine.jsonl", "folds",
                               "fold.json",   "cross_validation.json"};

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::config, path.string() + ": " + what);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// The names in a folder, without the lock.
std::vector<std::string> names_in(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    if (name != kLock) names.push_back(name);
  }
  if (error) refuse(path, "cannot be read: " + error.message());
  return names;
}

bool is_ours(const std::string& name) {
  const auto is = [&](const char* known) { return name == known; };
  return std::any_of(kResults.begin(), kResults.end(), is) ||
         std::any_of(kFiles.begin(), kFiles.end(), is) ||
         name.compare(0, kEvents.size(), kEvents) == 0 || is_temporary_name(name);
}

void discard(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    throw Error(ErrorKind::failed, path.string() + ": cannot be removed: " + error.message());
}

// Nothing, or what is left of a process that was killed while it wrote the marker.
bool is_free(const fs::path& path) {
  const auto names = names_in(path);
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return is_temporary_name(name) && parse_temporary_name(name).file == kMarker;
  });
}

// Looks without changing anything, so that a folder that is refused stays as it was.
void check_free(const fs::path& path, bool overwrite) {
  std::error_code error;
  if (is_there(path) && !fs::is_directory(path, error))
    refuse(path, "is a file; a run needs a folder: choose another one with --run");
  if (!is_there(path) || is_free(path)) return;
  if (!is_run_directory(path)) {
    refuse(path,
           "is a folder that candor did not make; choose another one with --run, or remove it "
           "yourself");
  }
  if (!overwrite) {
    refuse(path,
           "exists already; continue it with --resume, replace it with --overwrite, or choose "
           "another folder with --run");
  }
}

// Makes `path` and the folders above it that are missing, and returns those, the outermost first.
std::vector<fs::path> make_missing_folders(const fs::path& path) {
  std::vector<fs::path> missing;
  for (auto folder = without_slash(path); !folder.empty() && !is_there(folder);
       folder = folder.parent_path()) {
    missing.insert(missing.begin(), folder);
  }
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw Error(ErrorKind::failed,
                path.string() + ": cannot create the folder: " + error.message());
  return missing;
}

std::unique_ptr<FileLock> lock(const fs::path& path) {
  return std::make_unique<FileLock>(path / kLock);
}

void sweep(const fs::path& path) {
  for (const auto& name : names_in(path)) {
    if (is_temporary_name(name)) discard(path / name);
  }
}

}  // namespace

RunDirectory::RunDirectory(fs::path path, std::unique_ptr<FileLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)), checkpoints_(path_ / kCheckpointsName) {}

RunDirectory::~RunDirectory() {
  if (lock_ == nullptr || begun_ || is_run_directory(path_)) return;
  std::error_code ignored;
  fs::remove(path_ / kLock, ignored);  // while it is held: nobody can take it in between
  for (auto folder = new_folders_.rbegin(); folder != new_folders_.rend(); ++folder) {
    fs::remove(*folder, ignored);  // only if it is empty
  }
}

RunDirectory RunDirectory::create(const fs::path& path, bool overwrite) {
  check_free(path, overwrite);
  const auto made = make_missing_folders(path);
  RunDirectory run(path, lock(path));
  run.new_folders_ = made;
  check_free(path, overwrite);  // another process may have been faster
  return run;
}

RunDirectory RunDirectory::resume(const fs::path& path) {
  if (!is_there(path)) refuse(path, "no such run directory; start a new run without --resume");
  if (!is_run_directory(path))
    refuse(path, "is not a run directory of candor; pass the folder that candor train made");
  RunDirectory run(path, lock(path));
  sweep(path);
  run.checkpoints_.sweep();
  run.open_rows();
  run.begun_ = true;
  return run;
}

void RunDirectory::begin() {
  if (begun_) return;
  for (const auto& name : names_in(path_)) {
    if (is_ours(name)) discard(path_ / name);
  }
  write_file_atomic(path_ / kMarker, "{\"format_version\": 1}\n");
  open_rows();
  begun_ = true;
}

void RunDirectory::open_rows() {
  metrics_ = LineFile(path_ / kMetrics);
  timing_ = LineFile(path_ / kTiming);
}

void RunDirectory::write(const std::string& name, const std::string& content,
                         FileAccess access) const {
  write_file_atomic(path_ / name, content, access);
}

void RunDirectory::write_json(const std::string& name, const Json& json) const {
  write(name, json_document(json));
}

void RunDirectory::sync_rows() {
  metrics_.sync();
  timing_.sync();
}

void RunDirectory::truncate_after(std::int64_t step) {
  metrics_.truncate_after(step);
  timing_.truncate_after(step);
  for (const auto* name : kResults) discard(path_ / name);
}

bool is_run_directory(const fs::path& path) { return is_there(path / kMarker); }

fs::path default_run_path(const std::string& name, std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
  const auto first = fs::path("runs") / (name + "-" + text);
  auto path = first;
  for (int i = 2; is_there(path); ++i) path = first.string() + "-" + std::to_string(i);
  return path;
}

}  // namespace candor
