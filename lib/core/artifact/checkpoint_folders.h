// SPDX-License-Identifier: Apache-2.0
// The checkpoints of a run: checkpoints/step-00000500/, with the links `last` and `best`. Each
// folder is written by a DirectoryWriter, so that it is complete or not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <vector>

namespace candor {

class CheckpointFolders {
 public:
  // `directory` is the run's checkpoints/; it need not exist yet.
  explicit CheckpointFolders(std::filesystem::path directory);

  // Where the checkpoint of `step` is or will be: step-00000500, with more digits where eight do
  // not do.
  std::filesystem::path path_of(std::int64_t step) const;

  // Steps that have a complete folder (a manifest), ascending. Content is not checked.
  std::vector<std::int64_t> list() const;

  // The newest step up to `most` whose folder passes verify_manifest(); damaged ones are named in
  // the log and skipped. Empty when there are no folders. Throws Error{model} when there are some
  // and none is whole: to start from the beginning would be no resume.
  std::optional<std::int64_t> find_last_complete(
      std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;

  // Relative links, replaced in one step. `step` must have a folder. Throws Error{failed}.
  void set_last(std::int64_t step);
  void set_best(std::int64_t step);
  // Where a link leads, if that folder is complete.
  std::optional<std::int64_t> last() const;
  std::optional<std::int64_t> best() const;

  // Removes all but the `keep` newest (at least 1), `best`, `last` and the steps of `also`. A
  // folder that goes is renamed first: no reader sees a part of it under its own name.
  void retain(std::int64_t keep, const std::vector<std::int64_t>& also = {});
  // Removes those of later steps, whole or not, whatever leads to them.
  void remove_after(std::int64_t step);

  // Removes what killed processes left half-written. Only under the run's lock.
  void sweep();

 private:
  std::filesystem::path directory_;

  void remove(std::int64_t step);
  void link(const char* name, std::int64_t step);
  std::optional<std::int64_t> target(const char* name) const;
};

}  // namespace candor
