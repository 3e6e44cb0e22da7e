// SPDX-License-Identifier: Apache-2.0
// The directory of one search: who may write into it. The layout is in docs/formats.md.
#pragma once

#include <filesystem>
#include <memory>

#include <candor/config.h>

#include "core/base/files.h"

namespace candor {

// Locked while the object lives.
class SearchDirectory {
 public:
  // A new search. A folder that exists and is not empty is refused with Error{config} that names
  // the ways out; with `overwrite`, what an earlier search left is removed, and nothing else.
  static SearchDirectory create(const std::filesystem::path& path, const RunConfig& config,
                                bool overwrite);
  // An existing one, to go on with. Throws Error{config} when there is none, and when `config` is
  // another search: only tune.parallel, tune.max_minutes and evaluate may change, and more
  // tune.trials may be asked for, except of halving.
  static SearchDirectory resume(const std::filesystem::path& path, const RunConfig& config);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path log_path() const { return path_ / "trials.jsonl"; }
  std::filesystem::path best_path() const { return path_ / "best.json"; }
  std::filesystem::path final_path() const { return path_ / "final"; }
  // The run directory of a trial, from 0, and beside it its config and what it says.
  std::filesystem::path trial_path(std::int64_t trial) const;

  // Removes all that a search writes: before anything has come of it.
  void discard();

 private:
  SearchDirectory(std::filesystem::path path, std::unique_ptr<FileLock> lock);
  void begin(const RunConfig& config) const;

  std::filesystem::path path_;
  std::unique_ptr<FileLock> lock_;
};

bool is_search_directory(const std::filesystem::path& path);

}  // namespace candor
