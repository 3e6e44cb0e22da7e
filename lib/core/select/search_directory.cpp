// SPDX-License-Identifier: Apache-2.0
#include "core/select/search_directory.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/config/config_json.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = ".candor-search";
constexpr const char* kLock = ".lock";
constexpr std::array kOurs = {"config.json", "trials.jsonl",      "trials",           "best.json",
                              "final",       ".final-output.txt", ".final-errors.txt"};

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::config, path.string() + ": " + what);
}

bool is_free(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return true;
  if (!fs::is_directory(path, error)) {
    refuse(path, "is a file; a search needs a folder: choose another one with --run");
  }
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const auto name = entry.path().filename().string();
    const bool half_begun = is_temporary_name(name) && parse_temporary_name(name).file == kMarker;
    if (name != kLock && !half_begun) return false;
  }
  return true;
}

void check_free(const fs::path& path, bool overwrite) {
  if (is_free(path)) return;
  if (!is_search_directory(path)) {
    refuse(path,
           "is a folder that candor tune did not make; choose another one with --run, or remove it "
           "yourself");
  }
  if (!overwrite) {
    refuse(path,
           "exists already; go on with --resume, replace it with --overwrite, or choose another "
           "folder with --run");
  }
}

void remove_ours(const fs::path& path) {
  for (const auto* name : kOurs) {
    std::error_code error;
    fs::remove_all(path / name, error);
    if (error) {
      throw Error(ErrorKind::failed,
                  (path / name).string() + ": cannot be removed: " + error.message());
    }
  }
}

bool may_change(const RunConfig& before, const RunConfig& after, const std::string& line) {
  const auto key = line.substr(0, line.find(": "));
  if (key == "tune.parallel" || key == "tune.max_minutes" || key.starts_with("evaluate")) {
    return true;
  }
  return key == "tune.trials" && after.tune.method != SearchMethod::halving &&
         after.tune.trials > before.tune.trials;
}

void check_same_search(const fs::path& path, const RunConfig& config) {
  const auto file = path / "config.json";
  const auto before =
      config_from_json(parse_json_file(file.string(), ErrorKind::config), file.string());
  auto changes = config_differences(before, config);
  std::erase_if(changes, [&](const auto& line) { return may_change(before, config, line); });
  if (changes.empty()) return;
  std::string text = "--resume: the config is not the one of " + path.string() +
                     "; resume without these changes, or start a new search:";
  for (const auto& line : changes) text += "\n  " + line;
  throw Error(ErrorKind::config, text);
}

}  // namespace

SearchDirectory::SearchDirectory(fs::path path, std::unique_ptr<FileLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

SearchDirectory SearchDirectory::create(const fs::path& path, const RunConfig& config,
                                        bool overwrite) {
  check_free(path, overwrite);
  make_folders(path);
  SearchDirectory search(path, std::make_unique<FileLock>(path / kLock));
  check_free(path, overwrite);  // another process may have been faster
  remove_ours(path);
  search.begin(config);
  return search;
}

SearchDirectory SearchDirectory::resume(const fs::path& path, const RunConfig& config) {
  if (!is_search_directory(path)) {
    refuse(path,
           "is no search of candor tune; pass the folder that it made, or leave out --resume");
  }
  SearchDirectory search(path, std::make_unique<FileLock>(path / kLock));
  std::error_code error;
  if (fs::exists(path / "config.json", error)) check_same_search(path, config);
  search.begin(config);
  return search;
}

void SearchDirectory::begin(const RunConfig& config) const {
  write_file_atomic(path_ / kMarker, "{\"format_version\": 1}\n");
  write_file_atomic(path_ / "config.json", write_config(config));
  make_folders(path_ / "trials");
}

fs::path SearchDirectory::trial_path(std::int64_t trial) const {
  return path_ / "trials" / fmt::format("trial-{:03}", trial + 1);
}

void SearchDirectory::discard() {
  remove_ours(path_);
  std::error_code ignored;
  fs::remove(path_ / kMarker, ignored);
  fs::remove(path_ / kLock, ignored);
  fs::remove(path_, ignored);  // only if it is empty
}

bool is_search_directory(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / kMarker, error);
}

}  // namespace candor
