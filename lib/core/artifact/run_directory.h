// SPDX-License-Identifier: Apache-2.0
// The directory of one training run: who may write into it, and its files. The layout is in
// docs/formats.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/artifact/checkpoint_folders.h"
#include "core/artifact/line_file.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace candor {

inline constexpr const char* kCheckpointsName = "checkpoints";  // the folder in a run directory

// Locked while the object lives: a second process that opens the same run gets Error{config}. One
// thread at a time.
class RunDirectory {
 public:
  // A new run: the folder and the lock on it. A directory that exists and is not empty is refused
  // with Error{config} that names the ways out; with `overwrite`, an earlier run of candor is
  // taken, which keeps all its files until begin(). A folder that is none of candor's is refused
  // even then.
  static RunDirectory create(const std::filesystem::path& path, bool overwrite);

  // An existing run, to go on with. Sweeps what a killed process left half-written. Throws
  // Error{config} when there is none. begin() has nothing left to do.
  static RunDirectory resume(const std::filesystem::path& path);

  // Folders that create() made go again when begin() was never called: what fails before it, such
  // as data that cannot be read, leaves nothing that the corrected command would trip over.
  ~RunDirectory();
  RunDirectory(RunDirectory&&) noexcept = default;

  // The point of no return: what an earlier run left is removed, and nothing else, and the folder
  // is marked as candor's. Call it once all that can fail for the user's input has succeeded, and
  // before anything is written or appended.
  void begin();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path log_path() const { return path_ / "log.txt"; }
  CheckpointFolders& checkpoints() { return checkpoints_; }

  // Whole files in the run directory, replaced in one step: "config.json", "environment.json",
  // "report.json", "report.html".
  void write(const std::string& name, const std::string& content,
             FileAccess access = FileAccess::usual) const;
  void write_json(const std::string& name, const Json& json) const;

  // One row, whole and at once in the file. metrics.jsonl holds deterministic fields only,
  // timing.jsonl all that the clock touches; every row has "step".
  void append_metrics(const Json& row) { metrics_.append(row); }
  void append_timing(const Json& row) { timing_.append(row); }
  // Call before a checkpoint is committed, so that no checkpoint is ahead of its rows after a power
  // cut.
  void sync_rows();

  // Back to the state after `step`: later rows of metrics.jsonl and timing.jsonl and torn last
  // lines go, and so do the predictions, report and model, which are made at the end of training,
  // and what is known of an earlier end.
  void truncate_after(std::int64_t step);

 private:
  RunDirectory(std::filesystem::path path, std::unique_ptr<FileLock> lock);
  void open_rows();

  std::filesystem::path path_;
  std::unique_ptr<FileLock> lock_;                  // empty in an object that was moved from
  std::vector<std::filesystem::path> new_folders_;  // made by create(), the outermost first
  bool begun_ = false;
  LineFile metrics_;
  LineFile timing_;
  CheckpointFolders checkpoints_;
};

// Whether `path` is a run directory: a folder that candor marked as one.
bool is_run_directory(const std::filesystem::path& path);

// runs/NAME-20260801T123456Z (UTC), with -2, -3, ... behind it when that exists.
std::filesystem::path default_run_path(const std::string& name,
                                       std::chrono::system_clock::time_point now);

}  // namespace candor
