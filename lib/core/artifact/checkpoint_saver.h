// SPDX-License-Identifier: Apache-2.0
// Writes checkpoints beside training: one thread, one checkpoint in flight. A failed save costs
// neither the run nor the checkpoints before it.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/artifact/run_directory.h"
#include "core/artifact/safetensors.h"

namespace candor {

// The checkpoint to roll back to, and the best one as its state has it (0: none); the roll-back
// needs both.
struct Anchor {
  std::int64_t step = 0;
  std::int64_t best = 0;
};

// All that a checkpoint holds, in memory that nobody changes while it is written.
struct CheckpointContent {
  std::int64_t step = 0;
  bool best = false;  // the link `best` is to lead to it
  Anchor anchor;      // as `state` says; its step may be this one
  std::string state;  // state.json
  std::map<std::string, std::vector<NamedTensor>> tensors;  // by the name of their file
  std::shared_ptr<const void> memory;                       // holds the bytes of the tensors
};

// The folder of one checkpoint: complete, or not there. Throws Error{failed}.
void write_checkpoint(const std::filesystem::path& folder, const CheckpointContent& content);

class CheckpointSaver {
 public:
  static constexpr int kMostFailures = 3;  // in a row

  // Keeps the `keep` newest, the best and the anchor with its best: of the checkpoints that are
  // their own anchor, the last one that is in place; until there is one, `anchor`. `run` is used by
  // the writing thread too, for its checkpoints and to sync its rows; the owner leaves them alone
  // until wait() has returned.
  CheckpointSaver(RunDirectory& run, std::int64_t keep, Anchor anchor = {});
  ~CheckpointSaver();  // waits for what is in flight
  CheckpointSaver(const CheckpointSaver&) = delete;
  CheckpointSaver& operator=(const CheckpointSaver&) = delete;

  // Begins to write and returns. The one before must be waited for: wait() comes first, before
  // memory for another one is filled.
  void save(CheckpointContent content);

  // These three throw Error{failed} once the third save in a row has failed; failures before that
  // are warnings in the log. What failed is given up for what comes next, except for the best
  // checkpoint, which is tried again first, so that no checkpoint names a best one that is not
  // there.
  void poll();    // looks, does not wait
  void wait();    // until nothing is in flight
  void finish();  // until what was saved last is on the disk

 private:
  void start();
  void collect(bool wait);
  void write_all();
  void put_in_place(const CheckpointContent& content);

  RunDirectory& run_;
  std::int64_t keep_;
  Anchor anchor_;
  int failures_ = 0;                        // in a row
  std::vector<CheckpointContent> waiting_;  // to be written, or could not be; oldest first
  std::future<void> writing_;
};

}  // namespace candor
