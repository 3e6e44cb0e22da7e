// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/checkpoint_folders.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/artifact/model_directory.h"
#include "core/base/durable_file.h"
#include "core/base/fault_point.h"
#include "core/base/files.h"
#include "core/base/log.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "step-";
constexpr const char* kLast = "last";
constexpr const char* kBest = "best";

std::string folder_name(std::int64_t step) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%08lld", static_cast<long long>(step));
  return std::string(kPrefix) + digits;
}

// The step of a folder name; empty for any other name.
std::optional<std::int64_t> step_of(const std::string& name) {
  if (name.compare(0, kPrefix.size(), kPrefix) != 0) return std::nullopt;
  std::int64_t step = 0;
  const auto* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, step);
  if (error != std::errc() || stop != end || step < 0 || folder_name(step) != name)
    return std::nullopt;
  return step;
}

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    paths.push_back(it->path());
  }
  return paths;
}

// Ascending, complete or not.
std::vector<std::int64_t> steps_in(const fs::path& directory) {
  std::vector<std::int64_t> steps;
  for (const auto& path : entries(directory)) {
    if (const auto step = step_of(path.filename().string())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw Error(ErrorKind::failed, path.string() + ": cannot be replaced: " + error.message());
}

}  // namespace

CheckpointFolders::CheckpointFolders(fs::path directory) : directory_(std::move(directory)) {}

fs::path CheckpointFolders::path_of(std::int64_t step) const {
  return directory_ / folder_name(step);
}

std::vector<std::int64_t> CheckpointFolders::list() const {
  auto steps = steps_in(directory_);
  std::erase_if(steps, [&](std::int64_t step) { return !has_manifest(path_of(step)); });
  return steps;
}

std::optional<std::int64_t> CheckpointFolders::find_last_complete(std::int64_t most) const {
  auto steps = steps_in(directory_);
  std::erase_if(steps, [&](std::int64_t step) { return step > most; });
  std::string fault;  // of the newest
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    try {
      verify_manifest(path_of(*step));
      return *step;
    } catch (const Error& error) {
      log().warn("checkpoint skipped: {}", error.what());
      if (fault.empty()) fault = error.what();
    }
  }
  if (fault.empty()) return std::nullopt;
  throw Error(ErrorKind::model, directory_.string() +
                                    ": none of the checkpoints is whole, so that the run cannot be "
                                    "continued; bring one back from a copy, or start anew with "
                                    "--overwrite. The newest: " +
                                    fault);
}

void CheckpointFolders::link(const char* name, std::int64_t step) {
  if (!has_manifest(path_of(step))) {
    throw Error(ErrorKind::failed, path_of(step).string() + ": is no complete checkpoint; '" +
                                       name + "' cannot lead to it");
  }
  const auto path = directory_ / name;
  fs::path temporary;
  std::error_code error;
  if (fault_point(path)) fail(path, std::error_code(errno, std::generic_category()));
  do {
    temporary = temporary_beside(path);
    fs::create_symlink(folder_name(step), temporary, error);
  } while (error == std::errc::file_exists);
  if (error) fail(path, error);
  if (fault_point(path)) {
    error = std::error_code(errno, std::generic_category());
  } else {
    fs::rename(temporary, path, error);
  }
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    fail(path, error);
  }
  sync_path(directory_);
}

void CheckpointFolders::set_last(std::int64_t step) { link(kLast, step); }
void CheckpointFolders::set_best(std::int64_t step) { link(kBest, step); }

std::optional<std::int64_t> CheckpointFolders::target(const char* name) const {
  std::error_code error;
  const auto folder = fs::read_symlink(directory_ / name, error);
  if (error) return std::nullopt;
  const auto step = step_of(folder.string());
  return step && has_manifest(path_of(*step)) ? step : std::nullopt;
}

std::optional<std::int64_t> CheckpointFolders::last() const { return target(kLast); }
std::optional<std::int64_t> CheckpointFolders::best() const { return target(kBest); }

void CheckpointFolders::remove(std::int64_t step) {
  const auto path = path_of(step);
  const auto aside = temporary_beside(path);
  std::error_code error;
  if (fault_point(path)) {
    error = std::error_code(errno, std::generic_category());
  } else {
    fs::rename(path, aside, error);
  }
  if (!error) fs::remove_all(aside, error);
  if (error) {
    log().warn("{}: an old checkpoint cannot be removed: {}", path.string(), error.message());
  }
}

void CheckpointFolders::remove_after(std::int64_t step) {
  for (const auto later : steps_in(directory_)) {
    if (later > step) remove(later);
  }
}

void CheckpointFolders::retain(std::int64_t keep, const std::vector<std::int64_t>& also) {
  auto steps = list();
  const auto newest = std::min<std::size_t>(
      steps.size(), static_cast<std::size_t>(std::max<std::int64_t>(keep, 1)));
  steps.resize(steps.size() - newest);
  for (const auto step : steps) {
    if (step == best() || step == last()) continue;
    if (std::find(also.begin(), also.end(), step) == also.end()) remove(step);
  }
}

void CheckpointFolders::sweep() {
  for (const auto& path : entries(directory_)) {
    if (!is_temporary_name(path.filename().string())) continue;
    std::error_code error;
    fs::remove_all(path, error);
    if (error)
      log().warn("{}: what is left of a stopped run cannot be removed: {}", path.string(),
                 error.message());
  }
}

}  // namespace candor
