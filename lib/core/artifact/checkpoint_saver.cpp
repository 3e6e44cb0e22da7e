// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/checkpoint_saver.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "core/artifact/model_directory.h"
#include "core/base/log.h"

namespace candor {

void write_checkpoint(const std::filesystem::path& folder, const CheckpointContent& content) {
  DirectoryWriter writer(folder);
  for (const auto& [name, tensors] : content.tensors) {
    write_safetensors(writer.path(name), tensors);
  }
  writer.write("state.json", content.state);
  writer.commit(/*replace=*/true);
}

CheckpointSaver::CheckpointSaver(RunDirectory& run, std::int64_t keep, Anchor anchor)
    : run_(run), keep_(keep), anchor_(anchor) {}

CheckpointSaver::~CheckpointSaver() {
  if (writing_.valid()) writing_.wait();
}

void CheckpointSaver::save(CheckpointContent content) {
  std::erase_if(waiting_, [&](const auto& old) { return !old.best || content.best; });
  waiting_.push_back(std::move(content));
  start();
}

void CheckpointSaver::start() {
  try {
    writing_ = std::async(std::launch::async, [this] { write_all(); });
  } catch (const std::system_error&) {  // no more threads: then training waits
    writing_ = std::async(std::launch::deferred, [this] { write_all(); });
    writing_.wait();
  }
}

void CheckpointSaver::write_all() {
  while (!waiting_.empty()) {
    put_in_place(waiting_.front());
    waiting_.erase(waiting_.begin());
  }
}

// The rows are on the disk before the checkpoint is, and that before the links that lead to it.
void CheckpointSaver::put_in_place(const CheckpointContent& content) {
  run_.sync_rows();
  auto& checkpoints = run_.checkpoints();
  write_checkpoint(checkpoints.path_of(content.step), content);
  checkpoints.set_last(content.step);
  if (content.best) checkpoints.set_best(content.step);
  // The save of a later anchor may have failed: then the one before it is still needed.
  if (content.anchor.step == content.step) anchor_ = content.anchor;
  std::vector<std::int64_t> needed = {anchor_.step};
  if (anchor_.best > 0) needed.push_back(anchor_.best);
  checkpoints.retain(keep_, needed);
}

void CheckpointSaver::collect(bool wait) {
  if (!writing_.valid()) return;
  if (!wait && writing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  try {
    writing_.get();  // the thread has ended: waiting_ is ours again
    failures_ = 0;
  } catch (const std::exception& error) {
    ++failures_;
    if (failures_ >= kMostFailures) {
      throw Error(
          ErrorKind::failed,
          std::to_string(failures_) +
              " checkpoints in a row could not be written; the last fault: " + error.what() +
              "; see to the disk and go on with --resume: the checkpoints before are "
              "intact");
    }
    log().warn(
        "the checkpoint of step {} could not be written ({} of {} failures in a row that end the "
        "run): {}; the one before it is intact, and training goes on",
        waiting_.front().step, failures_, kMostFailures, error.what());
  }
}

void CheckpointSaver::poll() { collect(/*wait=*/false); }
void CheckpointSaver::wait() { collect(/*wait=*/true); }

void CheckpointSaver::finish() {
  wait();
  while (!waiting_.empty()) {
    start();
    wait();
  }
}

}  // namespace candor
